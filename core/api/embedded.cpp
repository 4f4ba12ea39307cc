// The files of resources/api, placed into the program by the assembler so that nothing has to be found at run time.
#include "core/api/schema.h"

#include <utility>

#define KUBARIUM_EMBED(symbol, file)                                        \
    asm(".section .rodata\n"                                                \
        ".global " #symbol "Begin\n.global " #symbol "End\n"                \
        #symbol "Begin:\n.incbin \"" KUBARIUM_API_RESOURCES "/" file "\"\n" \
        #symbol "End:\n.byte 0\n.previous\n");                              \
    extern "C" const char symbol##Begin[];                                  \
    extern "C" const char symbol##End[]

KUBARIUM_EMBED(kubariumApiTypes, "types.json");
KUBARIUM_EMBED(kubariumApiResources, "resources.json");
KUBARIUM_EMBED(kubariumApiEncoding, "encoding.json");
KUBARIUM_EMBED(kubariumApiKubarium, "kubarium.json");
KUBARIUM_EMBED(kubariumApiDefaults, "defaults.json");
KUBARIUM_EMBED(kubariumApiColumns, "columns.json");
KUBARIUM_EMBED(kubariumApiDescriptions, "descriptions.json");
KUBARIUM_EMBED(kubariumApiInternal, "internal.json");

namespace kubarium::api {

std::string_view embeddedResource(std::string_view name) {
    const auto text = [](const char* begin, const char* end) { return std::string_view(begin, static_cast<std::size_t>(end - begin)); };
    if (name == "types.json") return text(kubariumApiTypesBegin, kubariumApiTypesEnd);
    if (name == "resources.json") return text(kubariumApiResourcesBegin, kubariumApiResourcesEnd);
    if (name == "encoding.json") return text(kubariumApiEncodingBegin, kubariumApiEncodingEnd);
    if (name == "kubarium.json") return text(kubariumApiKubariumBegin, kubariumApiKubariumEnd);
    if (name == "defaults.json") return text(kubariumApiDefaultsBegin, kubariumApiDefaultsEnd);
    if (name == "columns.json") return text(kubariumApiColumnsBegin, kubariumApiColumnsEnd);
    if (name == "descriptions.json") return text(kubariumApiDescriptionsBegin, kubariumApiDescriptionsEnd);
    if (name == "internal.json") return text(kubariumApiInternalBegin, kubariumApiInternalEnd);
    return {};
}

}  // namespace kubarium::api
