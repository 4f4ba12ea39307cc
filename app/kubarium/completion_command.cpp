// Shell completion: the words are read from the program's own help, so that they never go stale.
#include "app/kubarium/command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kubarium::cli {
namespace {

// "up --nodes --node-cpu ..." per line: subcommand path, then its options and subcommands.
void collect(const CLI::App& app, const std::string& path, std::string& table) {
    std::string words;
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!sub->get_name().empty() && !sub->get_group().empty()) words += " " + sub->get_name();
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames()) words += " --" + name;
    table += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, words.empty() ? "" : words.substr(1));
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!sub->get_name().empty() && !sub->get_group().empty()) collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), table);
}

int print(const CLI::App& app, const std::string& shell) {
    std::string table;
    collect(app, "", table);
    const auto function = fmt::format(R"(_kubarium() {{
  local path="" word words="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${{COMP_WORDS[index]}}
    case $word in -*) ;; *) path="${{path:+$path }}$word" ;; esac
  done
  case "$path" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _kubarium kubarium
)",
                                      table);
    if (shell == "zsh")
        fmt::print("autoload -U +X bashcompinit && bashcompinit\n{}", function);
    else
        fmt::print("{}", function);
    return success;
}

}  // namespace

void addCompletion(CLI::App& app, Command& command) {
    auto* completion = app.add_subcommand("completion", "Print shell completions");
    auto shell = std::make_shared<std::string>("bash");
    completion->add_option("shell", *shell, "bash or zsh")->check(CLI::IsMember({"bash", "zsh"}))->capture_default_str();
    completion->footer("For example: source <(kubarium completion bash)");
    completion->callback([&app, &command, shell] { command.run = [&app, shell] { return print(app, *shell); }; });
}

}  // namespace kubarium::cli
