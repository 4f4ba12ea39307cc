// Owners that own each other, deleted in the foreground.
#include "tests/core/controller/control_plane.h"

namespace kubarium::controller {
namespace {

class GarbageCircle : public ControlPlane {
protected:
    // A ConfigMap that `owner` must not be deleted before.
    void put(const std::string& name, const std::string& owner, bool deletedInForeground) {
        client.put(resources::configMaps, testing::parseObject(fmt::format(
            R"({{"metadata":{{"name":"{0}","namespace":"default","uid":"uid-{0}",{2}"ownerReferences":[{{"apiVersion":"v1","kind":"ConfigMap","name":"{1}","uid":"uid-{1}","blockOwnerDeletion":true}}]}}}})",
            name, owner, deletedInForeground ? R"("deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["foregroundDeletion"],)" : "")));
    }
};

TEST_F(GarbageCircle, theLastOfACircleNoLongerBlocksItsOwnerAndAllGo) {
    bool unblocked = false;
    client::Informer watcher(client, loop, resources::configMaps);
    watcher.addHandler({nullptr, [&](const ObjectPtr&, const ObjectPtr& after) {
                            const auto* owners = after->find({"metadata", "ownerReferences"});
                            if (after->name() == "b" && !after->deleting() && owners && owners->as_array().at(0).at("blockOwnerDeletion") == json::value(false)) unblocked = true;
                        },
                        nullptr});
    watcher.start();
    loop.runReady();
    put("b", "a", false);
    put("a", "b", true);
    ASSERT_TRUE(loop.runUntil([&] { return !client.find(resources::configMaps, "default/a") && !client.find(resources::configMaps, "default/b"); }, 1min));
    EXPECT_TRUE(unblocked);
}

}  // namespace
}  // namespace kubarium::controller
