// Answers requests: finds the resource, asks the Authorizer, negotiates formats, and carries out the verb on the Registry or
// on a ResourceProvider. It knows nothing of sockets.
// Engine thread only. Answers come later, never before the call returned: reads and writes are answered once everything
// that they have seen is durable.
#pragma once

#include "core/apiserver/admission.h"
#include "core/apiserver/authorizer.h"
#include "core/apiserver/registry.h"
#include "core/apiserver/request.h"
#include "core/apiserver/request_info.h"
#include "core/apiserver/resource_provider.h"
#include "core/apiserver/service_account_token.h"

#include <map>
#include <memory>
#include <string>

namespace kubarium::apiserver {

class Selection;

class RequestHandler {
public:
    RequestHandler(Executor& executor, Registry& registry, Authorizer& authorizer, const TokenIssuer& tokens);
    ~RequestHandler();
    RequestHandler(const RequestHandler&) = delete;
    RequestHandler& operator=(const RequestHandler&) = delete;

    void handle(Request request, Respond respond);

    // nullptr (the initial state): logs, exec and the like answer 503. Must outlive this.
    void setKubeletConnector(KubeletConnector* connector) { kubelets_ = connector; }
    void addProvider(std::shared_ptr<ResourceProvider> provider);
    void addReviewer(const api::GroupVersionResource& resource, Reviewer reviewer) { reviewers_[resource] = std::move(reviewer); }
    void setConfigurationSource(ConfigurationSource source) { configurationSource_ = std::move(source); }
    // "/readyz" and the like say so while false.
    void setReady(bool ready) { ready_ = ready; }

private:
    // One request under way.
    struct Call {
        Request request;
        Query query;
        RequestInfo info;
        const api::Resource* resource = nullptr;  // the main resource
        const api::Resource* served = nullptr;    // the subresource, or the same
        ResourceProvider* provider = nullptr;
        std::vector<std::string> warnings;
        Presentation presentation;
        // Set where somebody else works the answer out: started in place of it, and told whom to give it to.
        std::move_only_function<void(std::move_only_function<void(Result<Response>)>)> later;
    };

    Result<Response> answer(Call& call);
    Result<Response> answerResource(Call& call);
    Result<Response> answerOther(Call& call);
    Result<Response> health(const Call& call) const;
    Result<Response> discovery(Call& call) const;
    Result<Response> metrics() const;
    Result<void> negotiate(Call& call) const;
    void finish(Call& call, Result<Response> answer, Respond respond);

    // request_handler_read.cpp
    Result<Response> get(Call& call);
    Result<Response> list(Call& call);
    Result<Response> watch(Call& call);
    // The rest of a list whose moment is forgotten can be had as it is now.
    void offerInconsistentContinue(const Call& call, json::object& status) const;
    Result<ListBody> select(const Call& call, const Selection& selection) const;

    // request_handler_write.cpp
    Result<json::object> decodeBody(Call& call, const api::Resource& as);
    Result<WriteContext> writeContext(Call& call, std::string_view optionsKind) const;
    Result<Response> create(Call& call);
    Result<Response> update(Call& call);
    Result<Response> patch(Call& call);
    Result<Response> remove(Call& call);
    Result<Response> removeCollection(Call& call);
    Result<DeleteSettings> deleteSettings(Call& call, bool& dryRun) const;
    Result<Registry::Change> patchChange(Call& call, const WriteContext& context, const std::string& mediaType, const json::value& body);

    // subresources.cpp
    Result<Response> scale(Call& call);
    Result<Response> bind(Call& call);
    Result<Response> evict(Call& call);
    Result<Response> issueToken(Call& call);
    Result<Response> podConnection(Call& call);
    Result<Response> nodeProxy(Call& call);
    Result<void> spendDisruptionBudget(const ObjectPtr& pod, bool dryRun);

    Executor& executor_;
    Registry& registry_;
    Authorizer& authorizer_;
    const TokenIssuer& tokens_;
    KubeletConnector* kubelets_ = nullptr;
    std::map<api::GroupVersionResource, std::shared_ptr<ResourceProvider>> providers_;
    std::map<api::GroupVersionResource, Reviewer> reviewers_;
    ConfigurationSource configurationSource_;
    std::map<std::string, std::uint64_t> counts_;  // for /metrics: "verb resource code"
    bool ready_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kubarium::apiserver
