// What the subcommands of `kubarium lab` share.
#pragma once

#include "app/kubarium/command.h"
#include "core/lab/lab.h"

namespace kubarium::cli {

struct LabArguments {
    std::string lab;
    std::string language;
    std::string report;
    std::string student;
    bool allowUnsafe = false;
    bool keep = false;
    bool again = false;  // from the first step, whatever was done before
    int patience = 60;
};

// "en" or "zh_CN": what was asked for, or the terminal's.
std::string languageOf(const LabArguments& arguments);
void printProblems(const lab::LoadedLab& loaded);
// Starts a cluster with the lab's Nodes, as `kubarium up` would, unless one of that name runs already (then false). `fresh` forgets the
// objects of the last time.
Result<bool> ensureCluster(const Options& options, const lab::Lab& lab, bool fresh);
void stopCluster(const Options& options, bool purge);
// PATH with the folder of this program first.
std::string searchPath();
// Where kubectl is found; "" if it is not installed.
std::string findKubectl();
int runLab(Options options, const LabArguments& arguments);

}  // namespace kubarium::cli
