// Shell completion: the words are read from the program's own help, so that they never go stale.
#include "app/kubarium/command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <vector>

namespace kubarium::cli {
namespace {

struct Words {
    std::string path;   // of the command: "image load"
    std::string words;  // its options and subcommands
};

void collect(const CLI::App& app, const std::string& path, std::vector<Words>& table) {
    std::string words;
    const auto subcommands = app.get_subcommands([](const CLI::App* sub) { return !sub->get_name().empty() && !sub->get_group().empty(); });
    for (const auto* sub : subcommands) words += " " + sub->get_name();
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames()) words += " --" + name;
    table.push_back({path, words.empty() ? "" : words.substr(1)});
    for (const auto* sub : subcommands) collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), table);
}

// Words that are no command (a Pod's name, the value of an option) are passed over, so that what follows them is completed, too.
std::string forBash(const std::vector<Words>& table) {
    std::string known = "|", cases;
    for (const auto& [path, words] : table) {
        known += path + "|";
        cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, words);
    }
    return fmt::format(R"(_kubarium() {{
  local path="" next words="" index known="{}"
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="${{path:+$path }}${{COMP_WORDS[index]}}"
    [[ $known == *"|$next|"* ]] && path=$next
  done
  case "$path" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _kubarium kubarium
)",
                       known, cases);
}

std::string forFish(const std::vector<Words>& table) {
    std::string known, cases;
    for (const auto& [path, words] : table) {
        known += fmt::format(" '{}'", path);
        cases += fmt::format("    case '{}'\n      string split ' ' -- '{}'\n", path, words);
    }
    return fmt::format(R"(function __kubarium_words
  set -l known{}
  set -l path
  for word in (commandline -opc)[2..-1]
    contains -- (string join ' ' -- $path $word) $known; and set -a path $word
  end
  switch "$path"
{}  end
end
complete -c kubarium -a '(__kubarium_words)'
)",
                       known, cases);
}

int print(const CLI::App& app, const std::string& shell) {
    std::vector<Words> table;
    collect(app, "", table);
    if (shell == "zsh") fmt::print("autoload -U +X bashcompinit && bashcompinit\n");
    fmt::print("{}", shell == "fish" ? forFish(table) : forBash(table));
    return success;
}

}  // namespace

void addCompletion(CLI::App& app, Command& command) {
    auto* completion = app.add_subcommand("completion", "Print shell completions");
    auto shell = std::make_shared<std::string>("bash");
    completion->add_option("shell", *shell, "bash, zsh or fish")->check(CLI::IsMember({"bash", "zsh", "fish"}))->capture_default_str();
    completion->footer("For example: source <(kubarium completion bash); in fish: kubarium completion fish | source");
    completion->callback([&app, &command, shell] { command.run = [&app, shell] { return print(app, *shell); }; });
}

}  // namespace kubarium::cli
