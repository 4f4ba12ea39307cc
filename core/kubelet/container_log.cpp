#include "core/kubelet/container_log.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace kubarium::kubelet {
namespace {

struct LogLine {
    std::string_view time, text;
    bool partial = false;
};

std::optional<LogLine> parse(std::string_view line) {
    const auto first = line.find(' ');
    const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    const auto third = second == std::string_view::npos ? second : line.find(' ', second + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto tag = line.substr(second + 1, third == std::string_view::npos ? std::string_view::npos : third - second - 1);
    return LogLine{line.substr(0, first), third == std::string_view::npos ? std::string_view() : line.substr(third + 1), tag.starts_with('P')};
}

}  // namespace

std::string LogReader::feed(std::string_view appended) {
    rest_.append(appended);
    std::string out;
    std::size_t begin = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos && !full_; end = rest_.find('\n', begin)) {
        const auto line = parse(std::string_view(rest_).substr(begin, end - begin));
        begin = end + 1;
        if (!line) continue;
        if (filter_.since) {
            const auto time = parseTime(line->time);
            if (!time || *time < *filter_.since) continue;
        }
        if (filter_.timestamps && !midLine_) out.append(line->time).append(" ");
        out.append(line->text);
        midLine_ = line->partial;
        if (!line->partial) out += '\n';
        if (filter_.limitBytes && shown_ + static_cast<std::int64_t>(out.size()) >= *filter_.limitBytes) {
            out.resize(static_cast<std::size_t>(*filter_.limitBytes - shown_));
            full_ = true;
        }
    }
    rest_.erase(0, begin);
    shown_ += static_cast<std::int64_t>(out.size());
    return out;
}

std::size_t tailOffset(std::string_view log, std::int64_t lines) {
    if (lines <= 0) return log.size();
    // Parts of a line count as one.
    std::size_t begin = log.size();
    for (std::size_t end = log.size(); end > 0;) {
        const auto before = end >= 2 ? log.rfind('\n', end - 2) : std::string_view::npos;
        const auto start = before == std::string_view::npos ? 0 : before + 1;
        const auto line = parse(log.substr(start, end - start));
        if ((!line || !line->partial) && lines-- == 0) return begin;
        begin = start;
        end = start;
    }
    return 0;
}

std::string logTail(const std::string& path, std::size_t mostBytes, std::size_t mostLines) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return {};
    // Each line carries about 45 bytes of its own; twice that is enough.
    const auto wanted = static_cast<std::streamoff>(mostBytes + mostLines * 90);
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::streamoff>(file.tellg());
    file.seekg(std::max<std::streamoff>(size - wanted, 0));
    std::string raw(std::istreambuf_iterator<char>(file), {});
    if (size > wanted) raw.erase(0, raw.find('\n') + 1);
    LogReader reader({});
    auto text = reader.feed(std::string_view(raw).substr(tailOffset(raw, static_cast<std::int64_t>(mostLines))));
    if (text.size() > mostBytes) text.erase(0, text.size() - mostBytes);
    return text;
}

}  // namespace kubarium::kubelet
