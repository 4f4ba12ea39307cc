// Saves pictures of the Stage's scenes, so that people can look at them: stage_demo <folder> [name-part] [translation.qm]
#include <QApplication>
#include <QDir>
#include <QImage>
#include <QTranslator>

#include <cstdio>

#include "tests/ui/scene/stage_scenes.h"
#include "ui/scene/stage_view.h"

using namespace kubarium;
using namespace kubarium::scene;

namespace {

struct Shot {
  QString name;
  StageModel model;
  std::optional<TheatreState> theatre;
  QSize size{814, 704};
  style::Theme theme = style::makeTheme(style::Brightness::Dark);
  double rate = 1;
  GroupBy groupBy = GroupBy::None;
  qint64 after = 5000;  // milliseconds after the model was set
  double zoom = 0;
  bool messages = false;
  std::optional<StageModel> second{};  // set 100 ms before the picture is taken: something is in flight
};

void save(const Shot& shot, const QDir& folder, double scale, const QString& language) {
  StageView view;
  std::int64_t now = 1000;
  view.setTimeSource([&now] { return now; });
  view.resize(shot.size);
  view.setTheme(shot.theme);
  view.setGroupBy(shot.groupBy);
  view.setAttribute(Qt::WA_DontShowOnScreen);
  view.show();
  view.setModelAtOnce(std::make_shared<StageModel>(shot.model));
  view.setTheatre(shot.theatre);
  now += shot.after;
  view.setClock({1000, shot.rate, false});
  if (shot.zoom > 0) {
    view.setZoom(shot.zoom);
  }
  if (shot.second) {
    view.setMessagesVisible(shot.messages);
    view.setModel(std::make_shared<StageModel>(*shot.second));
    now += 190;
  }
  const QString path = folder.filePath(shot.name + language + QStringLiteral("@%1.png").arg(static_cast<int>(scale * 100)));
  view.exportPng(path, scale);
  std::printf("%s\n", qPrintable(path));
}

std::vector<Shot> shots() {
  const style::Theme light = style::makeTheme(style::Brightness::Light);
  const style::Theme stage = style::makeTheme(style::Brightness::Dark, style::Contrast::Presentation);
  const style::Theme stageLight = style::makeTheme(style::Brightness::Light, style::Contrast::Presentation);
  std::vector<Shot> result;
  result.push_back({QStringLiteral("theatre-dark"), scenes::theatreCluster(), scenes::theatreDecision(TheatrePhase::Score)});
  result.back().rate = 20;
  result.push_back({QStringLiteral("theatre-light"), scenes::theatreCluster(), scenes::theatreDecision(TheatrePhase::Select)});
  result.back().theme = light;
  result.push_back({QStringLiteral("theatre-filter"), scenes::theatreCluster(), scenes::theatreDecision(TheatrePhase::Filter)});
  result.push_back({QStringLiteral("theatre-growing"), scenes::theatreCluster(), scenes::theatreDecision(TheatrePhase::Score)});
  result.back().after = 1100;
  result.push_back({QStringLiteral("healing-light"), scenes::healingCluster(), {}});
  result.back().theme = light;
  result.back().rate = 20;
  result.push_back({QStringLiteral("healing-dark"), scenes::healingCluster(), {}});
  result.back().rate = 20;
  result.push_back({QStringLiteral("presentation"), scenes::theatreCluster(), scenes::theatreDecision(TheatrePhase::Select), QSize(1440, 900), stage, 20});
  result.push_back({QStringLiteral("presentation-light"), scenes::theatreCluster(), scenes::theatreDecision(TheatrePhase::Filter), QSize(1440, 900), stageLight, 1});
  result.push_back({QStringLiteral("presentation-healing"), scenes::healingCluster(), {}, QSize(1280, 720), stage, 20});
  result.push_back({QStringLiteral("crowded"), scenes::crowdedCluster(), {}, QSize(1000, 860)});
  result.push_back({QStringLiteral("crowded-light-narrow"), scenes::crowdedCluster(), {}, QSize(560, 700), light});
  result.push_back({QStringLiteral("grouped"), scenes::calmCluster(), {}});
  result.back().groupBy = GroupBy::Pool;
  result.push_back({QStringLiteral("flight"), scenes::theatreCluster(), {}});
  StageModel placed = scenes::theatreCluster();
  for (StagePod& pod : placed.pods) {
    if (pod.node.isEmpty()) {
      pod.node = QStringLiteral("gpu-2");
      pod.phase = PodPhase::Starting;
    }
  }
  placed.pods.erase(placed.pods.begin() + 1);
  result.back().second = placed;
  result.push_back(result.back());
  result.back().name = QStringLiteral("messages");
  result.back().messages = true;
  result.push_back({QStringLiteral("empty"), StageModel{}, {}});
  result.push_back({QStringLiteral("cells-30"), scenes::largeCluster(30, 300), {}, QSize(1000, 760)});
  result.push_back({QStringLiteral("cells-30-grouped"), scenes::largeCluster(30, 300), {}, QSize(1000, 760), light});
  result.back().groupBy = GroupBy::Zone;
  const StageModel large = scenes::largeCluster(1000, 10000);
  result.push_back({QStringLiteral("cells-1000"), large, {}, QSize(1280, 800)});
  result.push_back({QStringLiteral("cells-1000-zoomed"), large, {}, QSize(1280, 800), light});
  result.back().zoom = 0.62;
  result.push_back({QStringLiteral("cells-1000-theatre"), large, scenes::largeDecision(large, TheatrePhase::Select), QSize(1280, 800)});
  result.push_back({QStringLiteral("cells-5000"), scenes::largeCluster(5000, 50000), {}, QSize(1280, 800)});
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
  }
  QApplication application(argc, argv);
  QApplication::setStyle(QStringLiteral("Fusion"));
  const QDir folder(QString::fromLocal8Bit(argc > 1 ? argv[1] : "."));
  const QString only = QString::fromLocal8Bit(argc > 2 ? argv[2] : "");
  QTranslator translator;
  if (argc > 3 && translator.load(QString::fromLocal8Bit(argv[3]))) {
    QApplication::installTranslator(&translator);
  }
  folder.mkpath(QStringLiteral("."));
  for (const Shot& shot : shots()) {
    if (!only.isEmpty() && !shot.name.contains(only)) {
      continue;
    }
    const QString language = argc > 3 ? QStringLiteral("-zh") : QString();
    save(shot, folder, 1.0, language);
    save(shot, folder, 1.5, language);
  }
  return 0;
}
