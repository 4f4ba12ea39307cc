// Runs a workload of the scheduler benchmark: the decisions alone, inside the process, or whole Pods end to end.
#pragma once

#include "tests/benchmark/scheduler/workload.h"

#include <cstdint>
#include <optional>

namespace kubarium::benchmark {

struct Case {
    Workload workload;
    int nodes = 0;
    int pods = 0;          // measured
    bool sampling = true;  // as kube-scheduler: only some of the feasible Nodes are scored
    bool unique = false;   // every Pod different
    bool fromScratch = false;
};

struct DecisionFigures {
    int decisions = 0, placed = 0;
    double perSecond = 0;
    double p50Microseconds = 0, p99Microseconds = 0;
    double bytesPerNode = 0, bytesPerPod = 0;
};
// A decision: snapshot, choice of the Node, and the cache's note that the Pod is there now.
DecisionFigures measureDecisions(const Case& given);

struct EndToEndFigures {
    double podsPerSecond = 0;
    int pods = 0;
    double processorMicroseconds = 0;  // per Pod, of all threads: what other programs on the machine do not disturb
    double bytesPerPod = 0;  // of everything: store, caches, scheduler
};
// POST through the API server's own client until the watch tells that the Pod is bound, which is when it is in SQLite.
// nullopt (with a line on stderr) if it does not come to an end.
std::optional<EndToEndFigures> measureEndToEnd(const Case& given);

// What the process has allocated, in bytes.
std::int64_t allocatedBytes();

}  // namespace kubarium::benchmark
