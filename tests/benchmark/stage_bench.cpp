// Measures whole frames of the Stage in a real window: ask for a repaint, let Qt paint and flush it, take the time.
// Run it under a display (`xvfb-run stage_bench`); prints a Markdown table in milliseconds: wall time as users feel it, and the
// GUI thread's own time, which other programs on the machine do not disturb.
#include <QApplication>
#include <QElapsedTimer>

#include <ctime>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "tests/ui/scene/stage_scenes.h"
#include "ui/scene/stage_view.h"

using namespace kubarium;
using namespace kubarium::scene;

namespace {

struct Size {
  int nodes;
  int pods;
};

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

double threadMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

struct Times {
  std::vector<double> wall;
  std::vector<double> thread;
};

Times frames(int count, const std::function<void(int)>& prepare, const std::function<void(int)>& before = {}) {
  Times result;
  for (int i = 0; i < count; ++i) {
    if (before) {
      before(i);
    }
    QElapsedTimer timer;
    timer.start();
    const double start = threadMilliseconds();
    prepare(i);
    QApplication::processEvents();
    result.wall.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    result.thread.push_back(threadMilliseconds() - start);
  }
  return result;
}

void report(const Size& size, const char* what, const Times& times) {
  std::printf("| %d / %d | %s | %.1f | %.1f | %.1f | %.1f |\n", size.nodes, size.pods, what, percentile(times.wall, 0.50),
              percentile(times.wall, 0.99), percentile(times.thread, 0.50), percentile(times.thread, 0.99));
  std::fflush(stdout);
}

// Twenty Pods are always on their way; the model changes every fifth frame.
void flights(StageView& view, const Size& size, std::shared_ptr<const StageModel> base, int count) {
  std::int64_t now = 10000;
  view.setTimeSource([&now] { return now; });
  int moved = 0;
  auto current = std::make_shared<StageModel>(*base);
  view.setModelAtOnce(current);
  std::shared_ptr<StageModel> next;
  const auto build = [&](int frame) {
    next.reset();
    if (frame % 5 != 0) {
      return;
    }
    next = std::make_shared<StageModel>(*current);
    for (int i = 0; i < 3; ++i) {
      StagePod& pod = next->pods[static_cast<std::size_t>((moved * 131) % size.pods)];
      pod.key += QLatin1Char('x');
      pod.node = next->nodes[static_cast<std::size_t>((moved * 17) % size.nodes)].name;
      ++moved;
    }
  };
  const Times times = frames(
      count,
      [&](int) {
        now += 16;
        if (next) {
          view.setModel(next);
          current = next;
        }
        view.tickForTest();
      },
      build);
  report(size, "20 flights, model every 5th frame", times);
  view.setModelAtOnce(base);
  view.setTimeSource({});
}

void tour(StageView& view, const Size& size, int count) {
  const double fit = view.zoom();
  report(size, "zoom", frames(count, [&](int frame) {
           const double wave = 0.5 - 0.5 * std::cos(frame * 6.283 / count);
           view.setZoom(fit * std::pow(1.6 / fit, wave));
         }));
  view.setZoom(0.5);
  report(size, "pan", frames(count, [&](int frame) { view.panBy(QPointF(std::sin(frame * 0.05) * 14, std::cos(frame * 0.037) * 11)); }));
  view.fitAll();
  QApplication::processEvents();
}

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  const int count = argc > 1 ? std::atoi(argv[1]) : 400;
  std::printf("| Nodes / Pods | what | wall p50 | wall p99 | thread p50 | thread p99 |\n|---|---|---|---|---|---|\n");
  const int only = argc > 2 ? std::atoi(argv[2]) : 0;  // number of Nodes
  for (const Size& size : {Size{6, 40}, Size{30, 300}, Size{1000, 10000}, Size{5000, 50000}}) {
    if (only != 0 && size.nodes != only) {
      continue;
    }
    StageView view;
    view.resize(1280, 800);
    view.setTheme(style::makeTheme(style::Brightness::Dark));
    view.show();
    const auto model = std::make_shared<const StageModel>(scenes::largeCluster(size.nodes, size.pods));
    view.setModelAtOnce(model);
    for (int i = 0; i < 20; ++i) {
      QApplication::processEvents();
    }
    flights(view, size, model, count);
    tour(view, size, count);
  }
  return 0;
}
