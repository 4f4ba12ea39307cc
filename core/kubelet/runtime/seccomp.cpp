#include "core/kubelet/runtime/seccomp.h"

#include <boost/json.hpp>

#include <linux/sched.h>

#include <cerrno>
#include <vector>

namespace kubarium::kubelet {
namespace {

namespace json = boost::json;

struct Refused {
    const char* capability;  // that allows these after all; "" for none
    std::vector<const char*> calls;
};

const std::vector<Refused>& refused() {
    static const std::vector<Refused> all{
        {"", {"add_key", "keyctl", "request_key", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "nfsservctl", "uselib", "ustat", "sysfs",
              "_sysctl", "create_module", "get_kernel_syms", "query_module", "vm86", "vm86old", "swapon", "swapoff", "move_pages", "migrate_pages"}},
        {"CAP_SYS_ADMIN", {"mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "pivot_root", "setns",
                           "unshare", "quotactl", "quotactl_fd", "lookup_dcookie", "fanotify_init", "setdomainname", "sethostname", "perf_event_open", "bpf"}},
        {"CAP_DAC_READ_SEARCH", {"open_by_handle_at"}},
        {"CAP_SYS_BOOT", {"reboot", "kexec_load", "kexec_file_load"}},
        {"CAP_SYS_MODULE", {"init_module", "finit_module", "delete_module"}},
        {"CAP_SYS_PACCT", {"acct"}},
        {"CAP_SYS_PTRACE", {"kcmp", "pidfd_getfd"}},
        {"CAP_SYS_RAWIO", {"iopl", "ioperm"}},
        {"CAP_SYS_TIME", {"settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64"}},
        {"CAP_SYS_TTY_CONFIG", {"vhangup"}},
        {"CAP_SYS_NICE", {"get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"}},
        {"CAP_SYSLOG", {"syslog"}},
    };
    return all;
}

json::object rule(const std::vector<const char*>& calls, int error, json::array conditions = {}) {
    json::array names;
    for (const auto* call : calls) names.emplace_back(call);
    json::object made{{"names", std::move(names)}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", error}};
    if (!conditions.empty()) made["args"] = std::move(conditions);
    return made;
}

// A new namespace by clone is what unshare would be: each flag of its own, since a rule can only compare masked bits with a value.
void refuseNamespaces(json::array& rules) {
    for (const std::uint64_t flag : {CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP})
        rules.push_back(rule({"clone"}, EPERM, {json::object{{"index", 0}, {"value", flag}, {"valueTwo", flag}, {"op", "SCMP_CMP_MASKED_EQ"}}}));
    rules.push_back(rule({"clone3"}, ENOSYS));
}

}  // namespace

json::object defaultSeccomp(const std::set<std::string>& capabilities) {
    json::array rules;
    for (const auto& [capability, calls] : refused())
        if (*capability == '\0' || !capabilities.contains(capability)) rules.push_back(rule(calls, EPERM));
    if (!capabilities.contains("CAP_SYS_ADMIN")) refuseNamespaces(rules);
    return {{"defaultAction", "SCMP_ACT_ALLOW"}, {"architectures", {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}}, {"syscalls", std::move(rules)}};
}

}  // namespace kubarium::kubelet
