// How fast the scheduler is: decisions per second inside the process and Pods per second end to end (POST until bound and on
// disk), by workload and number of Nodes; with --all also without sampling, all Pods different, and 15,000 Nodes.
// Prints Markdown tables. tests/benchmark/scheduler_reference.py puts the real kube-scheduler's figures beside these.
#include "tests/benchmark/scheduler/measure.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

using namespace kubarium::benchmark;

namespace {

struct Options {
    bool all = false, json = false, scratch = false, endToEnd = true, decisions = true, unsampled = false, unique = false;
    std::vector<int> nodes;
    std::vector<std::string> only;
    int pods = 0, initial = -1, tickEvery = 0;
};

struct Variant {
    const char* name;
    bool sampling, unique;
};

std::vector<Workload> chosen(const Options& options) {
    auto list = workloads();
    if (!options.only.empty()) std::erase_if(list, [&](const Workload& workload) { return std::ranges::find(options.only, workload.name) == options.only.end(); });
    return list;
}

std::vector<Variant> variants(const Options& options) {
    if (options.all) return {{"sampling, one template", true, false}, {"all Nodes, one template", false, false}, {"sampling, all different", true, true}, {"all Nodes, all different", false, true}};
    return {{"", !options.unsampled, options.unique}};
}

Case caseOf(const Workload& workload, const Options& options, int nodes, const Variant& variant) {
    Case made;
    made.workload = workload;
    made.nodes = nodes;
    made.pods = std::min(options.pods > 0 ? options.pods : 2000, workload.mostPods(nodes));
    if (options.initial >= 0) made.workload.initialPods = [count = options.initial](int) { return count; };
    if (options.tickEvery > 0) made.workload.tickEvery = options.tickEvery;
    made.sampling = variant.sampling;
    made.unique = variant.unique;
    made.fromScratch = options.scratch;
    return made;
}

void printDecisions(const Options& options, const std::vector<Workload>& list) {
    for (const auto& variant : variants(options)) {
        fmt::print("\n### Decisions inside the process{}{}\n\n| workload | Nodes | Pods | decisions/s | p50 µs | p99 µs | bytes/Node | bytes/Pod |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
                   *variant.name ? ": " : "", variant.name);
        for (const auto& workload : list)
            for (const auto nodes : options.nodes) {
                const auto figures = measureDecisions(caseOf(workload, options, nodes, variant));
                fmt::print("| {} | {} | {} | {:.0f} | {:.1f} | {:.1f} | {:.0f} | {:.0f} |\n", workload.name, nodes, figures.placed, figures.perSecond, figures.p50Microseconds,
                           figures.p99Microseconds, figures.bytesPerNode, figures.bytesPerPod);
                std::fflush(stdout);
            }
    }
}

// How the cost of one more Pod of a known template grows from the least to the most Nodes: the exponent of a power law.
void printCurve() {
    const auto list = workloads();
    const auto& basic = list.front();
    fmt::print("\n### How the cost of one more basic Pod grows with the Nodes (p50, µs)\n\n| Nodes | sampling | all Nodes | from scratch, sampling |\n|--:|--:|--:|--:|\n");
    std::vector<std::array<double, 3>> rows;
    const std::vector<int> sizes{100, 500, 1000, 2500, 5000, 10000, 15000};
    for (const auto nodes : sizes) {
        std::array<double, 3> row{};
        for (std::size_t column = 0; column < row.size(); ++column) {
            Case made{basic, nodes, column == 2 ? 200 : 3000, column != 1, false, column == 2};
            made.workload.initialPods = [](int) { return 100; };
            row[column] = measureDecisions(made).p50Microseconds;
        }
        fmt::print("| {} | {:.2f} | {:.2f} | {:.1f} |\n", nodes, row[0], row[1], row[2]);
        std::fflush(stdout);
        rows.push_back(row);
    }
    const auto growth = std::log(static_cast<double>(sizes.back()) / sizes.front());
    fmt::print("\nFrom {} to {} Nodes the cost grows as Nodes^{:.2f} (sampling), ^{:.2f} (all Nodes), ^{:.2f} (from scratch).\n", sizes.front(), sizes.back(),
               std::log(rows.back()[0] / rows.front()[0]) / growth, std::log(rows.back()[1] / rows.front()[1]) / growth, std::log(rows.back()[2] / rows.front()[2]) / growth);
}

void printEndToEnd(const Options& options, const std::vector<Workload>& list) {
    for (const auto& variant : variants(options)) {
        fmt::print("\n### End to end: POST until bound, durable in SQLite{}{}\n\n| workload | Nodes | Pods | Pods/s | CPU µs/Pod | bytes/Pod |\n|---|--:|--:|--:|--:|--:|\n", *variant.name ? ": " : "", variant.name);
        for (const auto& workload : list)
            for (const auto nodes : options.nodes)
                if (const auto figures = measureEndToEnd(caseOf(workload, options, nodes, variant))) {
                    fmt::print("| {} | {} | {} | {:.0f} | {:.0f} | {:.0f} |\n", workload.name, nodes, figures->pods, figures->podsPerSecond, figures->processorMicroseconds, figures->bytesPerPod);
                    std::fflush(stdout);
                }
    }
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"Measures the scheduler and prints tables."};
    app.add_flag("--all", options.all, "every workload at 100 to 15,000 Nodes, with and without sampling, with one template and all Pods different (long)");
    app.add_flag("--from-scratch", options.scratch, "decide without what is kept between Pods, for comparison (decisions only)");
    app.add_flag("--all-nodes", options.unsampled, "look at every Node, as with percentageOfNodesToScore: 100");
    app.add_flag("--all-different", options.unique, "no two Pods are alike");
    app.add_flag("!--no-end-to-end", options.endToEnd, "decisions only");
    app.add_flag("!--no-decisions", options.decisions, "end to end only");
    app.add_option("--nodes", options.nodes, "numbers of Nodes (default 1000,5000)")->delimiter(',')->allow_extra_args(false);
    app.add_option("--pods", options.pods, "Pods measured in each case (default 2000)");
    app.add_option("--initial", options.initial, "Pods that are placed before (default: one for five Nodes; with preemption four on each)");
    app.add_option("--tick-every", options.tickEvery, "measured Pods from one thing that comes between them to the next, where a workload has such")->check(CLI::PositiveNumber);
    app.add_option("workloads", options.only, "only these: basic, \"required affinity\", ...");
    CLI11_PARSE(app, argc, argv);
    const auto list = chosen(options);
    if (list.empty()) {
        fmt::print(stderr, "There is no such workload. There are:");
        for (const auto& workload : workloads()) fmt::print(stderr, " \"{}\"", workload.name);
        fmt::print(stderr, "\n");
        return 2;
    }
    if (options.nodes.empty()) options.nodes = options.all ? std::vector{100, 1000, 5000, 15000} : std::vector{1000, 5000};
    if (options.decisions) printDecisions(options, list);
    if (options.decisions && options.only.empty() && !options.scratch) printCurve();
    if (options.endToEnd && !options.scratch) printEndToEnd(options, list);
    return 0;
}
