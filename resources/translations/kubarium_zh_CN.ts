<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>ChangeTrial</name>
    <message>
        <source>This change is about a kind that this window does not know.</source>
        <translation>此更改涉及本窗口不认识的类型。</translation>
    </message>
</context>
<context>
    <name>Explain</name>
    <message>
        <source>Power off %1</source>
        <translation>%1 断电</translation>
    </message>
    <message>
        <source>Cable of %1 pulled</source>
        <translation>%1 的网线被拔掉</translation>
    </message>
    <message>
        <source>Container of %1 killed</source>
        <translation>%1 的容器被杀死</translation>
    </message>
    <message>
        <source>Fault on %1 undone</source>
        <translation>%1 上的故障已撤销</translation>
    </message>
    <message>
        <source>%1 is Ready</source>
        <translation>%1 已就绪</translation>
    </message>
    <message>
        <source>%1: Ready = %2</source>
        <translation>%1：Ready = %2</translation>
    </message>
    <message>
        <source>Taints of %1 changed</source>
        <translation>%1 的污点发生变化</translation>
    </message>
    <message>
        <source>%1 cordoned</source>
        <translation>%1 被封锁</translation>
    </message>
    <message>
        <source>%1 uncordoned</source>
        <translation>%1 解除封锁</translation>
    </message>
    <message>
        <source>Lease of %1 is late</source>
        <translation>%1 的租约迟到</translation>
    </message>
    <message>
        <source>%1 created</source>
        <translation>%1 已创建</translation>
    </message>
    <message>
        <source>%1 placed on %2</source>
        <translation>%1 被放置到 %2</translation>
    </message>
    <message>
        <source>%1 fits nowhere</source>
        <translation>%1 无处可放</translation>
    </message>
    <message>
        <source>%1: container running</source>
        <translation>%1：容器运行中</translation>
    </message>
    <message>
        <source>%1 is no longer Ready</source>
        <translation>%1 不再就绪</translation>
    </message>
    <message>
        <source>%1: container ended</source>
        <translation>%1：容器已结束</translation>
    </message>
    <message>
        <source>%1 evicted</source>
        <translation>%1 被驱逐</translation>
    </message>
    <message>
        <source>%1 told to stop</source>
        <translation>%1 被要求停止</translation>
    </message>
    <message>
        <source>%1 is gone</source>
        <translation>%1 已消失</translation>
    </message>
    <message>
        <source>Endpoints of %1</source>
        <translation>%1 的端点</translation>
    </message>
    <message>
        <source>%1 scaled</source>
        <translation>%1 已扩缩</translation>
    </message>
    <message>
        <source>%1 has a new template</source>
        <translation>%1 有了新的模板</translation>
    </message>
    <message>
        <source>fault %1, yours</source>
        <translation>故障 %1，由你注入</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>%1, exit code %2</source>
        <translation>%1，退出码 %2</translation>
    </message>
    <message>
        <source>restart %1</source>
        <translation>第 %1 次重启</translation>
    </message>
    <message>
        <source>by %1/%2</source>
        <translation>由 %1/%2 创建</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 分钟</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 小时</translation>
    </message>
    <message>
        <source>%1 d</source>
        <translation>%1 天</translation>
    </message>
    <message>
        <source>%1 ago</source>
        <translation>%1前</translation>
    </message>
    <message>
        <source>it used more memory than its Node had and was killed (OOMKilled)</source>
        <translation>它使用的内存超过了 Node 所有的内存而被杀死（OOMKilled）</translation>
    </message>
    <message>
        <source>it used more memory than its limit of %1 and was killed (OOMKilled)</source>
        <translation>它使用的内存超过了上限 %1 而被杀死（OOMKilled）</translation>
    </message>
    <message>
        <source>it was killed from outside (exit code 137, SIGKILL)</source>
        <translation>它被外部杀死（退出码 137，SIGKILL）</translation>
    </message>
    <message>
        <source>it was told to stop (exit code 143, SIGTERM)</source>
        <translation>它被要求停止（退出码 143，SIGTERM）</translation>
    </message>
    <message>
        <source>it ended by itself without an error (exit code 0)</source>
        <translation>它自行正常结束（退出码 0）</translation>
    </message>
    <message>
        <source>it ended with exit code %1</source>
        <translation>它以退出码 %1 结束</translation>
    </message>
    <message>
        <source>It waits because it has a scheduling gate: the scheduler does not look at it until every gate is removed.</source>
        <translation>它因为有调度门而等待：在所有调度门移除之前，调度器不会考虑它。</translation>
    </message>
    <message>
        <source>Remove spec.schedulingGates.</source>
        <translation>移除 spec.schedulingGates。</translation>
    </message>
    <message>
        <source>It waits for the scheduler, which has not tried to place it yet.</source>
        <translation>它在等待调度器，调度器还没有尝试放置它。</translation>
    </message>
    <message>
        <source>No Node can take it now: %1.</source>
        <translation>现在没有 Node 能接收它：%1。</translation>
    </message>
    <message>
        <source>Attempts</source>
        <translation>尝试次数</translation>
    </message>
    <message>
        <source>Ask for less than %1 of CPU, delete other Pods, or add a Node.</source>
        <translation>请求少于 %1 的 CPU，删除其他 Pod，或增加一个 Node。</translation>
    </message>
    <message>
        <source>Ask for less than %1 of memory, delete other Pods, or add a Node.</source>
        <translation>请求少于 %1 的内存，删除其他 Pod，或增加一个 Node。</translation>
    </message>
    <message>
        <source>Add a toleration for the taint to the Pod, or remove the taint from the Node.</source>
        <translation>给 Pod 添加对该污点的容忍，或从 Node 上移除该污点。</translation>
    </message>
    <message>
        <source>Change the Pod&apos;s nodeSelector or nodeAffinity, or label a Node so that it matches.</source>
        <translation>修改 Pod 的 nodeSelector 或 nodeAffinity，或给 Node 打上匹配的标签。</translation>
    </message>
    <message>
        <source>Uncordon a Node.</source>
        <translation>解除一个 Node 的封锁。</translation>
    </message>
    <message>
        <source>Another Pod uses the same hostPort: choose another port or remove it.</source>
        <translation>另一个 Pod 使用了相同的 hostPort：请换一个端口或移除它。</translation>
    </message>
    <message>
        <source>Relax maxSkew or whenUnsatisfiable of the topologySpreadConstraints.</source>
        <translation>放宽 topologySpreadConstraints 的 maxSkew 或 whenUnsatisfiable。</translation>
    </message>
    <message>
        <source>The container %1 has ended %2 times; the last time %3. The kubelet waits a little longer before each restart (10 s, 20 s, 40 s … 5 min).</source>
        <translation>容器 %1 已结束 %2 次；最近一次%3。kubelet 每次重启前等待的时间会越来越长（10 秒、20 秒、40 秒……5 分钟）。</translation>
    </message>
    <message>
        <source>Read its logs (Logs, previous container) and fix the program or its settings.</source>
        <translation>阅读它的日志（日志，上一个容器），修正程序或其设置。</translation>
    </message>
    <message>
        <source>Raise the memory limit or make the program use less.</source>
        <translation>提高内存上限，或让程序少用内存。</translation>
    </message>
    <message>
        <source>The image %1 of the container %2 cannot be had: %3</source>
        <translation>无法获取容器 %2 的镜像 %1：%3</translation>
    </message>
    <message>
        <source>Check the name and tag of the image; load it with: kubarium image load FILE</source>
        <translation>检查镜像的名称和标签；可用以下命令加载：kubarium image load FILE</translation>
    </message>
    <message>
        <source>The container %1 cannot be made: %2</source>
        <translation>无法创建容器 %1：%2</translation>
    </message>
    <message>
        <source>It often names a ConfigMap or Secret, or a key in one, that does not exist: create it, or correct the name.</source>
        <translation>它常常引用了不存在的 ConfigMap、Secret 或其中的键：请创建它，或更正名称。</translation>
    </message>
    <message>
        <source>The container %1 is not running: %2.</source>
        <translation>容器 %1 没有运行：%2。</translation>
    </message>
    <message>
        <source>It runs, but its readiness probe does not succeed (yet), so Services send it no traffic.</source>
        <translation>它在运行，但就绪探针（还）没有成功，因此 Service 不会把流量发给它。</translation>
    </message>
    <message>
        <source>It runs but is not Ready yet.</source>
        <translation>它在运行，但尚未就绪。</translation>
    </message>
    <message>
        <source>It was evicted from %1: %2</source>
        <translation>它被从 %1 驱逐：%2</translation>
    </message>
    <message>
        <source>Its workload makes a replacement. Delete this one when you have read it.</source>
        <translation>它的工作负载会创建替代者。读完之后可以删除这一个。</translation>
    </message>
    <message>
        <source>All its containers ended without an error; it has done its work.</source>
        <translation>它的所有容器都正常结束；它已完成工作。</translation>
    </message>
    <message>
        <source>It failed: %1</source>
        <translation>它失败了：%1</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Node</translation>
    </message>
    <message>
        <source>IP</source>
        <translation>IP</translation>
    </message>
    <message>
        <source>Image of %1</source>
        <translation>%1 的镜像</translation>
    </message>
    <message>
        <source>Restarts</source>
        <translation>重启次数</translation>
    </message>
    <message>
        <source>Quality of service</source>
        <translation>服务质量</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>优先级</translation>
    </message>
    <message>
        <source>Pod in %1</source>
        <translation>%1 中的 Pod</translation>
    </message>
    <message>
        <source>no owner</source>
        <translation>没有属主</translation>
    </message>
    <message>
        <source>owner %1/%2</source>
        <translation>属主 %1/%2</translation>
    </message>
    <message>
        <source>%1 CPU, %2</source>
        <translation>%1 CPU，%2</translation>
    </message>
    <message>
        <source>It is being evicted from %1: %2</source>
        <translation>它正被从 %1 驱逐：%2</translation>
    </message>
    <message>
        <source>It was told to stop and has up to %1 s to finish (terminationGracePeriodSeconds).</source>
        <translation>它被要求停止，最多有 %1 秒来结束（terminationGracePeriodSeconds）。</translation>
    </message>
    <message>
        <source>%1 does not answer, so nobody can confirm the end. It goes when the Node is back, or by force: kubectl delete --force</source>
        <translation>%1 没有响应，因此无人能确认它已结束。Node 恢复后它会消失，也可强制删除：kubectl delete --force</translation>
    </message>
    <message>
        <source>It runs on %1 and is Ready.</source>
        <translation>它运行在 %1 上，并且已就绪。</translation>
    </message>
    <message numerus="yes">
        <source>Its containers were restarted %n time(s); the last time %1.</source>
        <translation>
            <numerusform>它的容器重启过 %n 次；最近一次%1。</numerusform>
        </translation>
    </message>
    <message>
        <source>It was given to %1, whose kubelet is preparing its containers.</source>
        <translation>它已分配给 %1，该 Node 的 kubelet 正在准备它的容器。</translation>
    </message>
    <message>
        <source>Its Node %1 no longer answers, so nobody knows how it is.</source>
        <translation>它所在的 Node %1 不再响应，因此无人知道它的状况。</translation>
    </message>
    <message>
        <source>simulated Node</source>
        <translation>模拟的 Node</translation>
    </message>
    <message>
        <source>lease renewed %1</source>
        <translation>租约更新于%1</translation>
    </message>
    <message>
        <source>lease unknown</source>
        <translation>租约未知</translation>
    </message>
    <message>
        <source>The cluster does not answer, so nobody knows how the Node is. This is the last that was known of it.</source>
        <translation>集群没有回应，所以没有人知道这个 Node 现在怎样。这里是最后已知的状态。</translation>
    </message>
    <message>
        <source>fault %1</source>
        <translation>故障 %1</translation>
    </message>
    <message>
        <source>The kubelet has not renewed its lease for %1. When 50 s have passed, the control plane will mark the Node as not Ready.</source>
        <translation>kubelet 已有 %1没有更新租约。满 50 秒后，控制平面会把该 Node 标记为未就绪。</translation>
    </message>
    <message>
        <source>The Node is healthy: its kubelet renews its lease every 10 s and reports that it is Ready.</source>
        <translation>该 Node 健康：它的 kubelet 每 10 秒更新一次租约，并报告已就绪。</translation>
    </message>
    <message>
        <source>The kubelet stopped renewing its lease. After the grace period the control plane marked the Node and is now evicting its Pods when their tolerationSeconds have passed.</source>
        <translation>kubelet 停止了更新租约。宽限期过后，控制平面标记了该 Node，并在 tolerationSeconds 到期后驱逐其上的 Pod。</translation>
    </message>
    <message>
        <source>Undo the fault, or wait for its end.</source>
        <translation>撤销故障，或等待它结束。</translation>
    </message>
    <message>
        <source>Look after the machine: is it on, and can it reach the API server?</source>
        <translation>检查这台机器：它是否开机，能否连到 API 服务器？</translation>
    </message>
    <message>
        <source>The kubelet itself says that it is not Ready: %1</source>
        <translation>kubelet 自己报告未就绪：%1</translation>
    </message>
    <message>
        <source>It is cordoned: new Pods are not placed here.</source>
        <translation>它已被封锁：新的 Pod 不会放到这里。</translation>
    </message>
    <message>
        <source>Uncordon it to let new Pods in.</source>
        <translation>解除封锁以接收新的 Pod。</translation>
    </message>
    <message>
        <source>It has %1: the kubelet evicts Pods to get out of it.</source>
        <translation>它处于 %1：kubelet 会驱逐 Pod 以摆脱这种状况。</translation>
    </message>
    <message>
        <source>Reality</source>
        <translation>真实程度</translation>
    </message>
    <message>
        <source>simulated: the same kubelet code, no containers</source>
        <translation>模拟：相同的 kubelet 代码，没有容器</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Taint</source>
        <translation>污点</translation>
    </message>
    <message>
        <source>Label</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Kubelet</source>
        <translation>Kubelet</translation>
    </message>
    <message>
        <source>%1 / %2 ready</source>
        <translation>%1 / %2 就绪</translation>
    </message>
    <message>
        <source>%1 in %2</source>
        <translation>%2 中的 %1</translation>
    </message>
    <message>
        <source>All %1 Pods that were asked for are Ready.</source>
        <translation>要求的 %1 个 Pod 全部就绪。</translation>
    </message>
    <message>
        <source>A rolling update is under way: %1 of %2 Pods run the new template, %3 are Ready.</source>
        <translation>滚动更新进行中：%2 个 Pod 中有 %1 个运行新模板，%3 个就绪。</translation>
    </message>
    <message>
        <source>%1 of %2 Pods are Ready; the controllers and kubelets are working on the rest.</source>
        <translation>%2 个 Pod 中有 %1 个就绪；控制器和 kubelet 正在处理其余的。</translation>
    </message>
    <message>
        <source>The rollout made no progress for longer than progressDeadlineSeconds.</source>
        <translation>发布停滞的时间超过了 progressDeadlineSeconds。</translation>
    </message>
    <message>
        <source>Look at the newest Pods, or go back: kubectl rollout undo</source>
        <translation>查看最新的 Pod，或回退：kubectl rollout undo</translation>
    </message>
    <message>
        <source>Service in %1 · %2</source>
        <translation>%1 中的 Service · %2</translation>
    </message>
    <message>
        <source>not ready</source>
        <translation>未就绪</translation>
    </message>
    <message>
        <source>%1 endpoints</source>
        <translation>%1 个端点</translation>
    </message>
    <message>
        <source>Connections to %1 are spread over %2 Ready Pods.</source>
        <translation>到 %1 的连接会分摊到 %2 个就绪的 Pod 上。</translation>
    </message>
    <message>
        <source>None of the %1 Pods behind it is Ready, so connections are refused.</source>
        <translation>它背后的 %1 个 Pod 都未就绪，因此连接会被拒绝。</translation>
    </message>
    <message>
        <source>No Pod matches its selector, so connections are refused.</source>
        <translation>没有 Pod 匹配它的选择算符，因此连接会被拒绝。</translation>
    </message>
    <message>
        <source>Compare spec.selector of the Service with the labels of the Pods.</source>
        <translation>把 Service 的 spec.selector 与 Pod 的标签比较一下。</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>A Namespace keeps names apart. %1 Pods live in it.</source>
        <translation>命名空间把名称隔开。其中有 %1 个 Pod。</translation>
    </message>
    <message>
        <source>restart of %1 · back-off %2</source>
        <translation>%1 的重启 · 退避 %2</translation>
    </message>
    <message>
        <source>rev %L1</source>
        <translation>版本 %L1</translation>
    </message>
    <message>
        <source>held at %1, %2 waiting</source>
        <translation>停在 %1，%2 个等待</translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n 个等待</numerusform>
        </translation>
    </message>
    <message>
        <source>idle</source>
        <translation>空闲</translation>
    </message>
    <message numerus="yes">
        <source>evicting %n Pod(s)</source>
        <translation>
            <numerusform>正在驱逐 %n 个 Pod</numerusform>
        </translation>
    </message>
    <message>
        <source>replacing Pods</source>
        <translation>正在补充 Pod</translation>
    </message>
    <message>
        <source>Plugin</source>
        <translation>插件</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>总分</translation>
    </message>
    <message>
        <source>the only Node that fits</source>
        <translation>唯一合适的 Node</translation>
    </message>
    <message>
        <source>scored %1, %2 %3</source>
        <translation>得分 %1，%2 为 %3</translation>
    </message>
    <message>
        <source>renewed every 10 s; the grace period is %1 s</source>
        <translation>每 10 秒续约一次；宽限期为 %1 秒</translation>
    </message>
    <message>
        <source>%1 CPU</source>
        <translation>%1 CPU</translation>
    </message>
    <message>
        <source>fits nowhere</source>
        <translation>无处可放</translation>
    </message>
    <message>
        <source>Configuration A</source>
        <translation>配置 A</translation>
    </message>
    <message>
        <source>Configuration B</source>
        <translation>配置 B</translation>
    </message>
    <message>
        <source>nowhere</source>
        <translation>无处</translation>
    </message>
    <message>
        <source>%1 of %2 Pods find a place.</source>
        <translation>%2 个 Pod 中有 %1 个找到了位置。</translation>
    </message>
    <message>
        <source>and more</source>
        <translation>以及其他</translation>
    </message>
    <message numerus="yes">
        <source>%n Pod(s)</source>
        <translation><numerusform>%n 个 Pod</numerusform></translation>
    </message>
    <message>
        <source>no lease renewal · node-monitor-grace-period %1 s</source>
        <translation>租约未续 · node-monitor-grace-period %1 秒</translation>
    </message>
    <message>
        <source>does not answer</source>
        <translation>无应答</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>eviction of %1 · tolerationSeconds %2 s</source>
        <translation>驱逐 %1 · tolerationSeconds %2 秒</translation>
    </message>
    <message>
        <source>There is nothing to ask: give a Pod or a Deployment, a Node to drain or a zone to lose.</source>
        <translation>没有可问的内容：请给出 Pod 或 Deployment、要排空的 Node，或要失去的可用区。</translation>
    </message>
    <message>
        <source>Which Pod is to go to %1? Give its manifest.</source>
        <translation>哪个 Pod 要放到 %1？请给出它的清单。</translation>
    </message>
    <message>
        <source>Nothing was found that would let it go to %1.</source>
        <translation>没有找到能让它放到 %1 的修改。</translation>
    </message>
    <message>
        <source>Each of these alone would let it go to %1:</source>
        <translation>以下任意一项都足以让它放到 %1：</translation>
    </message>
    <message>
        <source>To go to %1: %2</source>
        <translation>要放到 %1：%2</translation>
    </message>
    <message>
        <source>%1: in A %2, in B %3.</source>
        <comment>Pod, Node, Node</comment>
        <translation>%1：A 中 %2，B 中 %3。</translation>
    </message>
    <message>
        <source>%1: from %2 to %3.</source>
        <comment>Pod, Node, Node</comment>
        <translation>%1：从 %2 到 %3。</translation>
    </message>
</context>
<context>
    <name>Manifest</name>
    <message>
        <source>A ConfigMap as environment and as files.</source>
        <translation>一个 ConfigMap，既作为环境变量，也作为文件。</translation>
    </message>
    <message>
        <source>A Deployment keeps three Pods running; the Service gives them one address.</source>
        <translation>Deployment 保持三个 Pod 运行；Service 给它们一个共同的地址。</translation>
    </message>
    <message>
        <source>A Pod: one or more containers that share an address.</source>
        <translation>一个 Pod：一个或多个共享同一地址的容器。</translation>
    </message>
    <message>
        <source>Readiness takes a Pod out of its Service; liveness restarts its container. Try: kubectl exec probed -- rm /tmp/alive</source>
        <translation>就绪探针把 Pod 移出 Service；存活探针重启容器。试试：kubectl exec probed -- rm /tmp/alive</translation>
    </message>
    <message>
        <source>A Pod that tolerates a taint and prefers one zone.</source>
        <translation>一个容忍某个污点并偏好某个可用区的 Pod。</translation>
    </message>
    <message>
        <source>Two containers of one Pod share localhost and an emptyDir: the writer fills what the server shows.</source>
        <translation>同一个 Pod 的两个容器共享 localhost 和一个 emptyDir：writer 写入，server 展示。</translation>
    </message>
</context>
<context>
    <name>Stage</name>
    <message>
        <source>power off</source>
        <translation>断电</translation>
    </message>
    <message>
        <source>cut off</source>
        <translation>断网</translation>
    </message>
    <message>
        <source>cordoned</source>
        <translation>已封锁</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>模拟</translation>
    </message>
    <message>
        <source>real</source>
        <translation>真实</translation>
    </message>
    <message>
        <source>, </source>
        <comment>between names in a list</comment>
        <translation>，</translation>
    </message>
    <message>
        <source>Chosen</source>
        <translation>选中</translation>
    </message>
    <message>
        <source>Fits</source>
        <translation>可放置</translation>
    </message>
    <message>
        <source>; </source>
        <comment>between sentences in a list</comment>
        <translation>；</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>reason: its values</comment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>%1 ×%2</source>
        <comment>plugin times its weight</comment>
        <translation>%1 ×%2</translation>
    </message>
    <message>
        <source>+%1 more</source>
        <translation>还有 %1 个</translation>
    </message>
    <message>
        <source>%1 at ×%2</source>
        <comment>time left at the clock&apos;s rate</comment>
        <translation>%1（×%2）</translation>
    </message>
    <message>
        <source>last lease %1 ago</source>
        <translation>上次租约在 %1前</translation>
    </message>
    <message>
        <source>lease renewed %1 ago</source>
        <translation>租约更新于 %1前</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Mem</source>
        <comment>memory, short</comment>
        <translation>内存</translation>
    </message>
    <message>
        <source>is next in the queue</source>
        <translation>是队列中的下一个</translation>
    </message>
    <message>
        <source>being filtered now</source>
        <translation>正在过滤</translation>
    </message>
    <message>
        <source>being scored now</source>
        <translation>正在打分</translation>
    </message>
    <message>
        <source>gets its Node now</source>
        <translation>正在选定 Node</translation>
    </message>
    <message>
        <source>being bound now</source>
        <translation>正在绑定</translation>
    </message>
    <message>
        <source>retry now</source>
        <translation>现在重试</translation>
    </message>
    <message>
        <source>retry in %1</source>
        <translation>%1后重试</translation>
    </message>
    <message>
        <source>waits for the scheduler</source>
        <translation>等待调度器</translation>
    </message>
    <message>
        <source>%1 × %2</source>
        <comment>number of Pods times workload</comment>
        <translation>%1 × %2</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>Pods: their reason</comment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <comment>reason and time of the next try</comment>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>Pending</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>Group by zone</source>
        <translation>按可用区分组</translation>
    </message>
    <message>
        <source>Group by pool</source>
        <translation>按池分组</translation>
    </message>
    <message>
        <source>Not grouped</source>
        <translation>不分组</translation>
    </message>
    <message>
        <source>nothing is waiting</source>
        <translation>没有 Pod 在等待</translation>
    </message>
    <message>
        <source>There is no Node yet.</source>
        <translation>还没有 Node。</translation>
    </message>
    <message>
        <source>Nodes appear here as soon as their kubelets register with the API server.</source>
        <translation>kubelet 向 API 服务器注册后，Node 就会出现在这里。</translation>
    </message>
    <message>
        <source>headless</source>
        <translation>无头</translation>
    </message>
    <message>
        <source>Service %1</source>
        <translation>Service %1</translation>
    </message>
    <message>
        <source>ClusterIP %1</source>
        <translation>ClusterIP %1</translation>
    </message>
    <message>
        <source>No Pod is ready behind this Service: requests are refused.</source>
        <translation>此 Service 背后没有就绪的 Pod：请求会被拒绝。</translation>
    </message>
    <message>
        <source>removed</source>
        <translation>已移除</translation>
    </message>
    <message>
        <source>terminating</source>
        <translation>正在终止</translation>
    </message>
    <message>
        <source>not ready</source>
        <translation>未就绪</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/秒</translation>
    </message>
    <message>
        <source>%1 / %2</source>
        <comment>ready of desired</comment>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>Ready Pods of %1</source>
        <translation>%1 的就绪 Pod</translation>
    </message>
    <message>
        <source>Node %1</source>
        <translation>Node %1</translation>
    </message>
    <message>
        <source>Pod %1</source>
        <translation>Pod %1</translation>
    </message>
    <message>
        <source>It cannot run %1: %2 (%3).</source>
        <translation>它不能运行 %1：%2（%3）。</translation>
    </message>
    <message>
        <source>A timer runs: %1, %2 left.</source>
        <translation>一个计时器正在运行：%1，还剩 %2。</translation>
    </message>
    <message>
        <source>Taint %1, effect %2.</source>
        <translation>污点 %1，效果 %2。</translation>
    </message>
    <message>
        <source>Service %1 spreads its requests over %2.</source>
        <translation>Service %1 把请求分摊到 %2。</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>component: its state</comment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>Arrange the Nodes by zone, by pool or in one group (C goes here, Enter opens).</source>
        <translation>按可用区、按池或不分组排列 Node（按 C 移到这里，Enter 打开）。</translation>
    </message>
    <message>
        <source>Go back one phase of this cycle (Backspace).</source>
        <translation>回到本轮的上一阶段（Backspace）。</translation>
    </message>
    <message>
        <source>Let the scheduler do its next phase (Space).</source>
        <translation>让调度器执行下一阶段（空格）。</translation>
    </message>
    <message>
        <source>Leave the theatre (Esc).</source>
        <translation>离开调度剧场（Esc）。</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>no zone</source>
        <translation>无可用区</translation>
    </message>
    <message>
        <source>no pool</source>
        <translation>无池</translation>
    </message>
    <message>
        <source>create %1</source>
        <translation>创建 %1</translation>
    </message>
    <message>
        <source>watch: %1 is new</source>
        <translation>watch：新的 %1</translation>
    </message>
    <message>
        <source>bind %1</source>
        <translation>绑定 %1</translation>
    </message>
    <message>
        <source>watch: run %1</source>
        <translation>watch：运行 %1</translation>
    </message>
    <message>
        <source>status of %1</source>
        <translation>%1 的状态</translation>
    </message>
    <message>
        <source>watch: stop %1</source>
        <translation>watch：停止 %1</translation>
    </message>
    <message>
        <source>taint %1</source>
        <translation>给 %1 加污点</translation>
    </message>
    <message>
        <source>endpoints of %1</source>
        <translation>%1 的端点</translation>
    </message>
    <message>
        <source>Stage: the picture of the cluster</source>
        <translation>舞台：集群的图景</translation>
    </message>
    <message>
        <source>%1 of %2 fit</source>
        <translation>%2 个中 %1 个可放置</translation>
    </message>
    <message>
        <source>nominated Node fits</source>
        <translation>被提名的 Node 可放置</translation>
    </message>
    <message>
        <source>Space: next</source>
        <translation>空格：下一步</translation>
    </message>
    <message>
        <source>←: back</source>
        <translation>←：上一步</translation>
    </message>
    <message>
        <source>Esc: leave</source>
        <translation>Esc：离开</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <comment>cluster and rate</comment>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>%1 of %2 Nodes cannot run it</source>
        <translation>%2 个 Node 中有 %1 个不能运行它</translation>
    </message>
    <message>
        <source>The best of %1 that fit</source>
        <comment>Nodes</comment>
        <translation>可放置的 %1 中最佳的</translation>
    </message>
    <message>
        <source>%1 can run it</source>
        <comment>Nodes</comment>
        <translation>%1 个可以运行它</translation>
    </message>
    <message>
        <source>one</source>
        <translation>一个</translation>
    </message>
    <message>
        <source>two</source>
        <translation>两个</translation>
    </message>
    <message>
        <source>three</source>
        <translation>三个</translation>
    </message>
    <message>
        <source>four</source>
        <translation>四个</translation>
    </message>
    <message>
        <source>five</source>
        <translation>五个</translation>
    </message>
    <message>
        <source>1 Pod</source>
        <translation>1 个 Pod</translation>
    </message>
    <message>
        <source>%1 Pods</source>
        <translation>%1 个 Pod</translation>
    </message>
    <message>
        <source>1 Node</source>
        <translation>1 个 Node</translation>
    </message>
    <message>
        <source>%1 Nodes</source>
        <translation>%1 个 Node</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <comment>amount requested of capacity</comment>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>%1 s</source>
        <comment>seconds</comment>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min</source>
        <comment>minutes</comment>
        <translation>%1 分钟</translation>
    </message>
    <message>
        <source>%1 h</source>
        <comment>hours</comment>
        <translation>%1 小时</translation>
    </message>
    <message>
        <source>API server</source>
        <translation>API 服务器</translation>
    </message>
    <message>
        <source>Scheduler</source>
        <translation>调度器</translation>
    </message>
    <message>
        <source>Controllers</source>
        <translation>控制器</translation>
    </message>
    <message>
        <source>DNS</source>
        <translation>DNS</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Ready</translation>
    </message>
    <message>
        <source>NotReady</source>
        <translation>NotReady</translation>
    </message>
    <message>
        <source>waits for a Node</source>
        <translation>等待 Node</translation>
    </message>
    <message>
        <source>starts its containers</source>
        <translation>正在启动容器</translation>
    </message>
    <message>
        <source>runs and is not ready yet</source>
        <translation>在运行，尚未就绪</translation>
    </message>
    <message>
        <source>is ready</source>
        <translation>已就绪</translation>
    </message>
    <message>
        <source>is not ready</source>
        <translation>未就绪</translation>
    </message>
    <message>
        <source>cannot keep its containers running</source>
        <translation>无法保持容器运行</translation>
    </message>
    <message>
        <source>is being stopped</source>
        <translation>正在停止</translation>
    </message>
    <message>
        <source>has failed</source>
        <translation>已失败</translation>
    </message>
    <message>
        <source>has finished its work</source>
        <translation>已完成工作</translation>
    </message>
    <message>
        <source>Pod %1 %2.</source>
        <translation>Pod %1 %2。</translation>
    </message>
    <message>
        <source>A container was restarted once.</source>
        <translation>有一个容器重启过一次。</translation>
    </message>
    <message>
        <source>Its containers were restarted %1 times.</source>
        <translation>它的容器重启过 %1 次。</translation>
    </message>
    <message>
        <source>Node %1 has no power; its last state is shown.</source>
        <translation>Node %1 没有电源；显示的是它的最后状态。</translation>
    </message>
    <message>
        <source>Node %1 is ready and runs %2.</source>
        <translation>Node %1 已就绪，运行着 %2。</translation>
    </message>
    <message>
        <source>Its zone is %1.</source>
        <translation>它位于可用区 %1。</translation>
    </message>
    <message>
        <source>Node %1 is not ready; bound to it: %2.</source>
        <translation>Node %1 未就绪；绑定在其上的：%2。</translation>
    </message>
    <message>
        <source>It is cordoned and takes no new Pods.</source>
        <translation>它已封锁，不接收新的 Pod。</translation>
    </message>
    <message>
        <source>Fit</source>
        <comment>short name of the plugin NodeResourcesFit</comment>
        <translation>资源适配</translation>
    </message>
    <message>
        <source>Balanced</source>
        <comment>short name of the plugin NodeResourcesBalancedAllocation</comment>
        <translation>均衡</translation>
    </message>
    <message>
        <source>Taints</source>
        <comment>short name of the plugin TaintToleration</comment>
        <translation>污点</translation>
    </message>
    <message>
        <source>Spread</source>
        <comment>short name of the plugin PodTopologySpread</comment>
        <translation>分散</translation>
    </message>
    <message>
        <source>Cordon</source>
        <comment>short name of the plugin NodeUnschedulable</comment>
        <translation>封锁</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>排队</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>过滤</translation>
    </message>
    <message>
        <source>Score</source>
        <translation>打分</translation>
    </message>
    <message>
        <source>Select</source>
        <translation>选定</translation>
    </message>
    <message>
        <source>Bind</source>
        <translation>绑定</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Cycle %1 · paused at %2</source>
        <translation>第 %1 轮 · 停在%2</translation>
    </message>
    <message>
        <source>Cycle %1 · no Node found</source>
        <translation>第 %1 轮 · 没有找到 Node</translation>
    </message>
    <message>
        <source>Cycle %1 · decided</source>
        <translation>第 %1 轮 · 已决定</translation>
    </message>
    <message>
        <source>Cycle %1 · %2</source>
        <translation>第 %1 轮 · %2</translation>
    </message>
    <message>
        <source>Too little CPU</source>
        <translation>CPU 不足</translation>
    </message>
    <message>
        <source>Too little memory</source>
        <translation>内存不足</translation>
    </message>
    <message>
        <source>Full: no room for another Pod</source>
        <translation>已满：放不下更多 Pod</translation>
    </message>
    <message>
        <source>Too little %1</source>
        <translation>%1 不足</translation>
    </message>
    <message>
        <source>Takes no new Pods</source>
        <translation>不接收新的 Pod</translation>
    </message>
    <message>
        <source>Its taint is not tolerated</source>
        <translation>它的污点不被容忍</translation>
    </message>
    <message>
        <source>Has the wrong labels</source>
        <translation>标签不匹配</translation>
    </message>
    <message>
        <source>The port is taken</source>
        <translation>端口已被占用</translation>
    </message>
    <message>
        <source>Another Node was asked for</source>
        <translation>指定了另一个 Node</translation>
    </message>
    <message>
        <source>Wrong neighbours</source>
        <translation>邻居不合适</translation>
    </message>
    <message>
        <source>Would be uneven</source>
        <translation>会分布不均</translation>
    </message>
    <message>
        <source>preferred by affinity</source>
        <translation>亲和性优先</translation>
    </message>
    <message>
        <source>emptier</source>
        <translation>更空闲</translation>
    </message>
    <message>
        <source>better balanced</source>
        <translation>更均衡</translation>
    </message>
    <message>
        <source>has more of the image</source>
        <translation>已有更多镜像内容</translation>
    </message>
    <message>
        <source>fewer taints in the way</source>
        <translation>污点阻碍更少</translation>
    </message>
    <message>
        <source>spreads the Pods better</source>
        <translation>让 Pod 更分散</translation>
    </message>
    <message>
        <source>has better neighbours</source>
        <translation>邻居更合适</translation>
    </message>
    <message>
        <source>in a tie of %1 Nodes; the draw decides</source>
        <translation>%1 个 Node 并列；由抽签决定</translation>
    </message>
    <message>
        <source>%1 % of its CPU is taken</source>
        <translation>CPU 已占用 %1 %</translation>
    </message>
    <message>
        <source>%1 is the next Pod to be placed.</source>
        <translation>%1 是下一个要放置的 Pod。</translation>
    </message>
    <message>
        <source>No Node can run %1.</source>
        <translation>没有 Node 能运行 %1。</translation>
    </message>
    <message>
        <source>Only one Node can run %1.</source>
        <translation>只有一个 Node 能运行 %1。</translation>
    </message>
    <message>
        <source>An earlier preemption made room for %1, and it fits there now.</source>
        <translation>此前的抢占为 %1 腾出了位置，现在放得下。</translation>
    </message>
    <message>
        <source>Preemption makes room on %1.</source>
        <translation>抢占将在 %1 上腾出位置。</translation>
    </message>
    <message>
        <source>Every Node can run %1.</source>
        <translation>每个 Node 都能运行 %1。</translation>
    </message>
    <message>
        <source>Only %1 Nodes can run %2.</source>
        <translation>只有%1 Node 能运行 %2。</translation>
    </message>
    <message>
        <source>It goes to %1.</source>
        <translation>它将放到 %1。</translation>
    </message>
    <message>
        <source>A tie at %1 points: the draw says %2.</source>
        <translation>%1 分并列：抽签选中 %2。</translation>
    </message>
    <message>
        <source>%1 wins with %2 points to %3.</source>
        <translation>%1 以 %2 分对 %3 分胜出。</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <comment>two sentences after each other</comment>
        <translation>%1%2</translation>
    </message>
    <message>
        <source>%1 does not answer. It was running %2.</source>
        <translation>%1 没有响应。其上原本运行着 %2。</translation>
    </message>
    <message>
        <source>%1 do not answer.</source>
        <comment>Nodes</comment>
        <translation>%1 没有响应。</translation>
    </message>
    <message>
        <source>%1 cannot keep running.</source>
        <comment>Pods</comment>
        <translation>%1 无法保持运行。</translation>
    </message>
    <message>
        <source>1 Pod waits for a Node.</source>
        <translation>1 个 Pod 在等待 Node。</translation>
    </message>
    <message>
        <source>%1 Pods wait for a Node.</source>
        <translation>%1 个 Pod 在等待 Node。</translation>
    </message>
    <message>
        <source>The one Pod is ready.</source>
        <translation>唯一的 Pod 已就绪。</translation>
    </message>
    <message>
        <source>All %1 Pods are ready.</source>
        <translation>全部 %1 个 Pod 已就绪。</translation>
    </message>
    <message>
        <source>The cluster is empty and waits for work.</source>
        <translation>集群是空的，等待任务。</translation>
    </message>
    <message>
        <source>%1 of %2 are ready.</source>
        <comment>number of Pods</comment>
        <translation>%2 个中有 %1 个就绪。</translation>
    </message>
    <message>
        <source>%1 connections/s</source>
        <translation>%1 连接/秒</translation>
    </message>
    <message>
        <source>One plugin at a time: see what the next one says (P; Shift+P goes back).</source>
        <translation>一次一个插件：查看下一个插件的结论（P；Shift+P 返回）。</translation>
    </message>
    <message>
        <source>List the Nodes that were refused for this reason (C goes from reason to reason, Enter opens).</source>
        <translation>列出因此原因被拒绝的 Node（C 逐条选择原因，Enter 打开）。</translation>
    </message>
    <message>
        <source>Preemption makes room here</source>
        <translation>抢占在此腾出空间</translation>
    </message>
    <message>
        <source>Alternative, at a higher price</source>
        <translation>备选，代价更高</translation>
    </message>
    <message>
        <source>%1 · %2 of %3</source>
        <comment>plugin: its number of all</comment>
        <translation>%1 · 第 %2 个，共 %3 个</translation>
    </message>
    <message numerus="yes">
        <source>%n Pod(s) give way</source>
        <translation>
            <numerusform>%n 个 Pod 让位</numerusform>
        </translation>
    </message>
    <message>
        <source>highest priority %1</source>
        <translation>最高优先级 %1</translation>
    </message>
    <message numerus="yes">
        <source>%n budget(s) violated</source>
        <translation>
            <numerusform>违反 %n 个预算</numerusform>
        </translation>
    </message>
    <message>
        <source>Plugin</source>
        <translation>插件</translation>
    </message>
    <message>
        <source>Preemption could make room on %1</source>
        <comment>Nodes</comment>
        <translation>抢占可在 %1 上腾出空间</translation>
    </message>
    <message>
        <source>Leads</source>
        <translation>领先</translation>
    </message>
    <message>
        <source>%1 asked, %2 free</source>
        <comment>amounts of a resource</comment>
        <translation>请求 %1，可用 %2</translation>
    </message>
    <message>
        <source>asked: %1, the Node has %2</source>
        <comment>labels</comment>
        <translation>要求：%1，该 Node 为 %2</translation>
    </message>
    <message>
        <source>asked: %1, the Node has no label %2</source>
        <translation>要求：%1，该 Node 没有标签 %2</translation>
    </message>
    <message>
        <source>taint %1 is not tolerated</source>
        <translation>污点 %1 未被容忍</translation>
    </message>
    <message>
        <source>%1 Pods of %2</source>
        <comment>running, allowed</comment>
        <translation>已有 %1 个 Pod，上限 %2</translation>
    </message>
    <message>
        <source>someone cordoned it</source>
        <translation>有人封锁了它</translation>
    </message>
    <message>
        <source>%1 of them have %2 points each.</source>
        <translation>其中 %1 个各得 %2 分。</translation>
    </message>
    <message>
        <source>%1 leads with %2 points to %3.</source>
        <translation>%1 以 %2 分对 %3 分领先。</translation>
    </message>
    <message>
        <source>%1 asked, %2 free</source>
        <comment>amounts of a resource</comment>
        <translation>请求 %1，可用 %2</translation>
    </message>
    <message>
        <source>asked: %1, the Node has %2</source>
        <comment>labels</comment>
        <translation>要求：%1，该 Node 为 %2</translation>
    </message>
    <message>
        <source>%1 Pods of %2</source>
        <comment>running, allowed</comment>
        <translation>已有 %1 个 Pod，上限 %2</translation>
    </message>
    <message>
        <source>%1 asked, %2 free</source>
        <comment>amounts of a resource</comment>
        <translation>请求 %1，可用 %2</translation>
    </message>
    <message>
        <source>asked: %1, the Node has %2</source>
        <comment>labels</comment>
        <translation>要求：%1，该 Node 为 %2</translation>
    </message>
    <message>
        <source>%1 Pods of %2</source>
        <comment>running, allowed</comment>
        <translation>已有 %1 个 Pod，上限 %2</translation>
    </message>
    <message>
        <source>%1 asked, %2 free</source>
        <comment>amounts of a resource</comment>
        <translation>请求 %1，可用 %2</translation>
    </message>
    <message>
        <source>asked: %1, the Node has %2</source>
        <comment>labels</comment>
        <translation>要求：%1，该 Node 为 %2</translation>
    </message>
    <message>
        <source>%1 Pods of %2</source>
        <comment>running, allowed</comment>
        <translation>已有 %1 个 Pod，上限 %2</translation>
    </message>
    <message>
        <source>Worked out now · %1</source>
        <translation>现在推算 · %1</translation>
    </message>
    <message>
        <source>Worked out now · no Node found</source>
        <translation>现在推算 · 没有找到 Node</translation>
    </message>
    <message>
        <source>Worked out now · decided</source>
        <translation>现在推算 · 已决定</translation>
    </message>
</context>
<context>
    <name>kubarium::bridge::ClusterActions</name>
    <message>
        <source>%1 %2 is being deleted.</source>
        <translation>正在删除 %1 %2。</translation>
    </message>
    <message>
        <source>%1 is scaled from %2 to %3.</source>
        <translation>%1 从 %2 扩缩到 %3。</translation>
    </message>
    <message>
        <source>%1 is restarted: its Pods are replaced one after the other.</source>
        <translation>%1 正在重启：它的 Pod 会逐个被替换。</translation>
    </message>
    <message>
        <source>%1 is cordoned: it takes no new Pods.</source>
        <translation>%1 已封锁：不再接收新的 Pod。</translation>
    </message>
    <message>
        <source>%1 takes Pods again.</source>
        <translation>%1 重新接收 Pod。</translation>
    </message>
    <message>
        <source>Fault %1 on %2.</source>
        <translation>已对 %2 注入故障 %1。</translation>
    </message>
    <message>
        <source>Fault %1 is being undone.</source>
        <translation>正在撤销故障 %1。</translation>
    </message>
    <message>
        <source>This document is not an object: it needs apiVersion, kind and metadata.</source>
        <translation>这个文档不是对象：它需要 apiVersion、kind 和 metadata。</translation>
    </message>
    <message>
        <source>There is nothing to apply.</source>
        <translation>没有可应用的内容。</translation>
    </message>
    <message>
        <source>The cluster would accept: %1</source>
        <translation>集群会接受：%1</translation>
    </message>
    <message>
        <source>Applied: %1</source>
        <translation>已应用：%1</translation>
    </message>
    <message>
        <source>kind is missing: it says what this is, such as Pod.</source>
        <translation>缺少 kind：它说明这是什么，例如 Pod。</translation>
    </message>
    <message>
        <source>apiVersion is missing: it says which API this kind belongs to, such as apps/v1.</source>
        <translation>缺少 apiVersion：它说明该类型属于哪个 API，例如 apps/v1。</translation>
    </message>
    <message>
        <source>There is no kind &quot;%1&quot; in &quot;%2&quot;.</source>
        <translation>“%2” 中没有类型 “%1”。</translation>
    </message>
    <message>
        <source>metadata.name is missing.</source>
        <translation>缺少 metadata.name。</translation>
    </message>
    <message>
        <source>Tried: %1</source>
        <translation>已尝试：%1</translation>
    </message>
    <message>
        <source>This could not be tried: %1</source>
        <translation>无法尝试：%1</translation>
    </message>
    <message>
        <source>The next Pod is held before %1.</source>
        <translation>下一个 Pod 将在 %1 之前暂停。</translation>
    </message>
    <message>
        <source>%1 is held before %2 when it is scheduled next.</source>
        <translation>%1 下次被调度时将在 %2 之前暂停。</translation>
    </message>
    <message>
        <source>Nothing is held any more.</source>
        <translation>不再暂停任何调度。</translation>
    </message>
</context>
<context>
    <name>kubarium::bridge::ClusterLink</name>
    <message>
        <source>The cluster &quot;%1&quot; does not answer: %2</source>
        <translation>集群 “%1” 没有响应：%2</translation>
    </message>
</context>
<context>
    <name>kubarium::bridge::EngineProcess</name>
    <message>
        <source>The program kubarium was not found beside this one. Build it with scripts/build, or open a kubeconfig instead.</source>
        <translation>在本程序旁没有找到 kubarium 程序。请用 scripts/build 构建它，或改为打开一个 kubeconfig。</translation>
    </message>
    <message>
        <source>%1 could not be started.</source>
        <translation>无法启动 %1。</translation>
    </message>
    <message>
        <source>Looking for the cluster &quot;%1&quot;</source>
        <translation>正在查找集群 “%1”</translation>
    </message>
    <message>
        <source>Starting the cluster &quot;%1&quot;</source>
        <translation>正在启动集群 “%1”</translation>
    </message>
    <message>
        <source>The engine of &quot;%1&quot; ended before it was ready. See: kubarium check</source>
        <translation>“%1” 的引擎在就绪之前就结束了。请查看：kubarium check</translation>
    </message>
    <message>
        <source>Stopping the cluster &quot;%1&quot;</source>
        <translation>正在停止集群 “%1”</translation>
    </message>
</context>
<context>
    <name>kubarium::bridge::LabRunner</name>
    <message>
        <source>Applying the start of the lab</source>
        <translation>正在应用实验的初始内容</translation>
    </message>
    <message>
        <source>Waiting until everything of the start is ready</source>
        <translation>正在等待初始内容全部就绪</translation>
    </message>
    <message>
        <source>Putting the cluster back to the start of the lab</source>
        <translation>正在把集群恢复到实验的起点</translation>
    </message>
    <message>
        <source>Waiting until the scheduler takes up %1.</source>
        <translation>正在等待调度器取出 %1。</translation>
    </message>
    <message>
        <source>❚❚ %1 is held before %2. It goes on when you reveal.</source>
        <translation>❚❚ %1 停在 %2 之前。揭晓后才会继续。</translation>
    </message>
    <message>
        <source>▶ The cycle goes on: watch the Stage.</source>
        <translation>▶ 周期继续进行：请看舞台。</translation>
    </message>
    <message>
        <source>Lab · %1 · %2 min</source>
        <translation>实验 · %1 · %2 分钟</translation>
    </message>
    <message>
        <source>, </source>
        <comment>between the topics of a lab</comment>
        <translation>、</translation>
    </message>
</context>
<context>
    <name>kubarium::bridge::RecomputedDecisions</name>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>kubarium why ended without an answer.</source>
        <translation>kubarium why 结束了，但没有给出答案。</translation>
    </message>
    <message>
        <source>The program kubarium, which works this out, was not found beside this one.</source>
        <translation>没有在本程序旁边找到负责推算的程序 kubarium。</translation>
    </message>
    <message>
        <source>%1 could not be started.</source>
        <translation>无法启动 %1。</translation>
    </message>
</context>
<context>
    <name>kubarium::model::NavigatorModel</name>
    <message>
        <source>Workloads</source>
        <translation>工作负载</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>Node</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Config</source>
        <translation>配置</translation>
    </message>
    <message>
        <source>Faults</source>
        <translation>故障</translation>
    </message>
    <message>
        <source>%1 %2, %3</source>
        <translation>%1 %2，%3</translation>
    </message>
</context>
<context>
    <name>kubarium::view::ChartsView</name>
    <message>
        <source>CPU per Node, cores</source>
        <translation>各 Node 的 CPU（核）</translation>
    </message>
    <message>
        <source>Memory per Node, MiB</source>
        <translation>各 Node 的内存（MiB）</translation>
    </message>
    <message>
        <source>Pods by phase</source>
        <translation>各阶段的 Pod</translation>
    </message>
    <message>
        <source>Ready Pods</source>
        <translation>就绪的 Pod</translation>
    </message>
    <message>
        <source>Scheduling, seconds</source>
        <translation>调度耗时（秒）</translation>
    </message>
    <message>
        <source>creation to binding</source>
        <translation>从创建到绑定</translation>
    </message>
</context>
<context>
    <name>kubarium::view::CodeBox</name>
    <message>
        <source>Code %1</source>
        <translation>代码 %1</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy code %1</source>
        <translation>复制代码 %1</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>To the editor</source>
        <translation>放进编辑器</translation>
    </message>
    <message>
        <source>Code %1 to the editor</source>
        <translation>把代码 %1 放进编辑器</translation>
    </message>
</context>
<context>
    <name>kubarium::view::CommandPalette</name>
    <message>
        <source>Search objects, or type what to do</source>
        <translation>搜索对象，或输入要做的事</translation>
    </message>
    <message>
        <source>Search objects or run a command</source>
        <translation>搜索对象或运行命令</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Nothing is called so.</source>
        <translation>没有找到。</translation>
    </message>
</context>
<context>
    <name>kubarium::view::EventsPage</name>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>No Events. The cluster keeps them for an hour.</source>
        <translation>没有事件。集群只保留一小时内的事件。</translation>
    </message>
</context>
<context>
    <name>kubarium::view::HealingPage</name>
    <message>
        <source>Healing</source>
        <translation>自愈</translation>
    </message>
    <message>
        <source>WHAT LED TO WHAT</source>
        <translation>因果链</translation>
    </message>
    <message>
        <source>Nothing has disturbed it since this window was opened. Use the fault menu, or delete a Pod, and watch.</source>
        <translation>打开此窗口以来没有任何干扰。使用故障菜单，或删除一个 Pod，然后观察。</translation>
    </message>
    <message>
        <source>The cluster&apos;s timers run at ×%1.</source>
        <translation>集群的计时器以 ×%1 的速度运行。</translation>
    </message>
</context>
<context>
    <name>kubarium::view::Inspector</name>
    <message>
        <source>gone</source>
        <translation>已消失</translation>
    </message>
    <message>
        <source>Choose a Pod, a Node or a Service on the Stage or in the tree to read what it does and why.</source>
        <translation>在舞台或树中选择一个 Pod、Node 或 Service，了解它在做什么以及为什么。</translation>
    </message>
    <message>
        <source>Actions</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>Deploy an example…   Ctrl+N</source>
        <translation>部署一个示例…   Ctrl+N</translation>
    </message>
    <message>
        <source>Choose a lab…</source>
        <translation>选择一个实验…</translation>
    </message>
    <message>
        <source>Find or run anything…   Ctrl+K</source>
        <translation>查找或执行任何操作…   Ctrl+K</translation>
    </message>
</context>
<context>
    <name>kubarium::view::LabPanel</name>
    <message>
        <source>✕ It is: %1</source>
        <translation>✕ 答案是：%1</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Reset lab</source>
        <translation>重置实验</translation>
    </message>
    <message>
        <source>✓ All of this step is done. Go on when you have read it.</source>
        <translation>✓ 这一步已全部完成。读完后请继续。</translation>
    </message>
    <message>
        <source>Begin again from the same start</source>
        <translation>从相同的起点重新开始</translation>
    </message>
    <message>
        <source>Leave</source>
        <translation>离开</translation>
    </message>
    <message>
        <source>Hint</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Hint %1 of %2</source>
        <translation>提示 %1 / %2</translation>
    </message>
    <message>
        <source>Hint %1/%2</source>
        <translation>提示 %1/%2</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>重置</translation>
    </message>
    <message>
        <source>%1 of %2 checks</source>
        <translation>检查 %1 / %2</translation>
    </message>
    <message>
        <source>Lab %1</source>
        <translation>实验 %1</translation>
    </message>
    <message>
        <source>Done: every check has passed. Well done!</source>
        <translation>完成：所有检查都已通过。做得好！</translation>
    </message>
    <message>
        <source>HINTS</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>PREDICT, THEN REVEAL</source>
        <translation>先预测，再揭晓</translation>
    </message>
    <message>
        <source>Reveal</source>
        <translation>揭晓</translation>
    </message>
    <message>
        <source>✓ Right.</source>
        <translation>✓ 正确。</translation>
    </message>
    <message>
        <source>CHECKS</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Labs</source>
        <translation>实验</translation>
    </message>
    <message>
        <source>Each lab runs in a cluster of its own and checks what you do. Nothing can break.</source>
        <translation>每个实验都在自己的集群中运行，并检查你的操作。什么都不会弄坏。</translation>
    </message>
    <message>
        <source>AFTER THAT</source>
        <translation>之后</translation>
    </message>
</context>
<context>
    <name>kubarium::view::LogsPage</name>
    <message>
        <source>Logs</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>previous</source>
        <translation>上一个</translation>
    </message>
    <message>
        <source>What the container wrote before its last restart</source>
        <translation>容器上次重启之前写的内容</translation>
    </message>
    <message>
        <source>Container</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>The container has not started yet.</source>
        <translation>容器尚未启动。</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>正在连接…</translation>
    </message>
    <message>
        <source>Following</source>
        <translation>正在跟随</translation>
    </message>
    <message>
        <source>The container has ended.</source>
        <translation>容器已结束。</translation>
    </message>
</context>
<context>
    <name>kubarium::view::MainWindow</name>
    <message>
        <source>%1 · go on at step %2 of %3</source>
        <translation>%1 · 从第 %2 步继续（共 %3 步）</translation>
    </message>
    <message>
        <source>Close the editor</source>
        <translation>关闭编辑器</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Not started</source>
        <translation>未启动</translation>
    </message>
    <message>
        <source>Starting the cluster was cancelled.</source>
        <translation>已取消启动集群。</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>Objects of the cluster</source>
        <translation>集群的对象</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message>
        <source>Charts</source>
        <translation>图表</translation>
    </message>
    <message>
        <source>Terminal</source>
        <translation>终端</translation>
    </message>
    <message>
        <source>New manifest</source>
        <translation>新建清单</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Copy as kubectl</source>
        <translation>复制为 kubectl</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Open a kubeconfig…</source>
        <translation>打开 kubeconfig…</translation>
    </message>
    <message>
        <source>Navigator</source>
        <translation>导航</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>检查器</translation>
    </message>
    <message>
        <source>Stage</source>
        <translation>舞台</translation>
    </message>
    <message>
        <source>Ctrl+2 · arrows, Enter, C: go through what can be opened</source>
        <translation>Ctrl+2 · 方向键、Enter、C：逐一走到可以打开的内容</translation>
    </message>
    <message>
        <source>Timeline, charts and terminal</source>
        <translation>时间线、图表和终端</translation>
    </message>
    <message>
        <source>past · back to live</source>
        <translation>过去 · 回到实时</translation>
    </message>
    <message>
        <source>live</source>
        <translation>实时</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>timers ×%1</source>
        <translation>计时器 ×%1</translation>
    </message>
    <message>
        <source>Power off</source>
        <translation>断电</translation>
    </message>
    <message>
        <source>Pull the network cable</source>
        <translation>拔掉网线</translation>
    </message>
    <message>
        <source>until it is undone</source>
        <translation>直到撤销</translation>
    </message>
    <message>
        <source>for %1 s</source>
        <translation>持续 %1 秒</translation>
    </message>
    <message>
        <source>Kill the container %1</source>
        <translation>杀死容器 %1</translation>
    </message>
    <message>
        <source>Why is it here?</source>
        <translation>它为什么在这里？</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Edit as YAML</source>
        <translation>以 YAML 编辑</translation>
    </message>
    <message>
        <source>Scale…</source>
        <translation>扩缩…</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>重启</translation>
    </message>
    <message>
        <source>Uncordon</source>
        <translation>解除封锁</translation>
    </message>
    <message>
        <source>Cordon</source>
        <translation>封锁</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>删除…</translation>
    </message>
    <message>
        <source>It can be brought back with Undo for a moment.</source>
        <translation>短时间内可以用“撤销”恢复。</translation>
    </message>
    <message>
        <source>Its %1 %2 will make a replacement.</source>
        <translation>它的 %1 %2 会创建替代者。</translation>
    </message>
    <message>
        <source>Its Pods are deleted with it.</source>
        <translation>它的 Pod 会一并删除。</translation>
    </message>
    <message>
        <source>Everything in it is deleted with it.</source>
        <translation>其中的一切都会一并删除。</translation>
    </message>
    <message>
        <source>Delete %1 %2?</source>
        <translation>删除 %1 %2？</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Scale %1</source>
        <translation>扩缩 %1</translation>
    </message>
    <message>
        <source>How many Pods?</source>
        <translation>要多少个 Pod？</translation>
    </message>
    <message>
        <source>Start another cluster…</source>
        <translation>启动另一个集群…</translation>
    </message>
    <message>
        <source>Start another cluster</source>
        <translation>启动另一个集群</translation>
    </message>
    <message>
        <source>Its name (small letters, digits and dashes)</source>
        <translation>它的名称（小写字母、数字和连字符）</translation>
    </message>
    <message>
        <source>Stop this cluster</source>
        <translation>停止此集群</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>The cluster was stopped; its objects are kept for the next start.</source>
        <translation>集群已停止；它的对象会保留到下次启动。</translation>
    </message>
    <message>
        <source>Labs</source>
        <translation>实验</translation>
    </message>
    <message>
        <source>%1 (%2 min)</source>
        <translation>%1（%2 分钟）</translation>
    </message>
    <message>
        <source>Undo %1</source>
        <translation>撤销 %1</translation>
    </message>
    <message>
        <source>Messages between the components</source>
        <translation>组件之间的消息</translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation>减少动画</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Whole Stage</source>
        <translation>整个舞台</translation>
    </message>
    <message>
        <source>Save the Stage as a picture…</source>
        <translation>把舞台保存为图片…</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>已保存为 %1。</translation>
    </message>
    <message>
        <source>%1 cannot be written.</source>
        <translation>无法写入 %1。</translation>
    </message>
    <message>
        <source>Run the Clock</source>
        <translation>运行时钟</translation>
    </message>
    <message>
        <source>Pause the Clock</source>
        <translation>暂停时钟</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>单步</translation>
    </message>
    <message>
        <source>Rate ×%1</source>
        <translation>速率 ×%1</translation>
    </message>
    <message>
        <source>Present</source>
        <translation>演示</translation>
    </message>
    <message>
        <source>Light or dark</source>
        <translation>浅色或深色</translation>
    </message>
    <message>
        <source>Lab: %1</source>
        <translation>实验：%1</translation>
    </message>
    <message>
        <source>Starting &quot;%1&quot;</source>
        <translation>正在启动 “%1”</translation>
    </message>
    <message>
        <source>Looking for the cluster &quot;%1&quot;</source>
        <translation>正在查找集群 “%1”</translation>
    </message>
    <message>
        <source>The cluster could not be started</source>
        <translation>无法启动集群</translation>
    </message>
    <message>
        <source>%1 cannot be used</source>
        <translation>无法使用 %1</translation>
    </message>
    <message>
        <source>The last known state is shown; the connection is tried again by itself.</source>
        <translation>显示的是最后已知的状态；会自动重新连接。</translation>
    </message>
    <message>
        <source>Connecting to &quot;%1&quot;</source>
        <translation>正在连接 “%1”</translation>
    </message>
    <message>
        <source>Reading what is in the cluster</source>
        <translation>正在读取集群中的内容</translation>
    </message>
    <message>
        <source>Open a kubeconfig</source>
        <translation>打开 kubeconfig</translation>
    </message>
    <message>
        <source>%1 ago</source>
        <translation>%1前</translation>
    </message>
    <message>
        <source>no cluster</source>
        <translation>没有集群</translation>
    </message>
    <message>
        <source>%1 real</source>
        <translation>%1 个真实</translation>
    </message>
    <message>
        <source>%1 simulated</source>
        <translation>%1 个模拟</translation>
    </message>
    <message numerus="yes">
        <source>%n Node(s)</source>
        <translation>
            <numerusform>%n 个 Node</numerusform>
        </translation>
    </message>
    <message>
        <source>Leaving the lab</source>
        <translation>正在离开实验</translation>
    </message>
    <message>
        <source>Its cluster is being stopped</source>
        <translation>正在停止它的集群</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 分钟</translation>
    </message>
    <message>
        <source>before %1</source>
        <translation>在 %1 之前</translation>
    </message>
    <message>
        <source>Hold the next Pod</source>
        <translation>暂停下一个 Pod</translation>
    </message>
    <message>
        <source>Hold a Pod by name…</source>
        <translation>按名称暂停 Pod…</translation>
    </message>
    <message>
        <source>Hold a Pod by name</source>
        <translation>按名称暂停 Pod</translation>
    </message>
    <message>
        <source>namespace/name of a Pod that exists or is to come; it is held before Filter</source>
        <translation>已存在或即将创建的 Pod 的 命名空间/名称；它将在 Filter 之前暂停</translation>
    </message>
    <message>
        <source>any Pod, before %1</source>
        <translation>任意 Pod，在 %1 之前</translation>
    </message>
    <message>
        <source>%1, before %2</source>
        <translation>%1，在 %2 之前</translation>
    </message>
    <message>
        <source>Hold nothing any more</source>
        <translation>不再暂停任何 Pod</translation>
    </message>
    <message>
        <source>Hold its scheduling</source>
        <translation>暂停它的调度</translation>
    </message>
    <message>
        <source>Hold the next Pod before %1</source>
        <translation>在 %1 之前暂停下一个 Pod</translation>
    </message>
    <message>
        <source>What if…</source>
        <translation>假如…</translation>
    </message>
    <message>
        <source>What if… (place Pods, drain a Node, compare configurations)</source>
        <translation>假如…（放置 Pod、排空 Node、比较配置）</translation>
    </message>
    <message>
        <source>All Nodes are simulated: Pods are scheduled and their life is played, but no containers run.</source>
        <translation>所有 Node 都是模拟的：Pod 会被调度并演示其生命周期，但不运行容器。</translation>
    </message>
    <message>
        <source>Toolbar and its menus</source>
        <translation>工具栏及其菜单</translation>
    </message>
</context>
<context>
    <name>kubarium::view::OverviewPage</name>
    <message>
        <source>Overview</source>
        <translation>概览</translation>
    </message>
    <message>
        <source>It does not exist any more. The timeline still remembers it.</source>
        <translation>它已不存在。时间线仍然记得它。</translation>
    </message>
    <message>
        <source>WHAT WOULD CHANGE IT</source>
        <translation>怎样可以改变</translation>
    </message>
    <message>
        <source>FACTS</source>
        <translation>事实</translation>
    </message>
</context>
<context>
    <name>kubarium::view::TerminalView</name>
    <message>
        <source>Terminal</source>
        <translation>终端</translation>
    </message>
    <message>
        <source>No terminal could be opened on this machine.</source>
        <translation>无法在这台机器上打开终端。</translation>
    </message>
    <message>
        <source>KUBECONFIG is set to this window&apos;s cluster. Try: kubectl get pods -o wide</source>
        <translation>KUBECONFIG 已指向此窗口的集群。试试：kubectl get pods -o wide</translation>
    </message>
    <message>
        <source>The shell has ended. Press Enter to start another.</source>
        <translation>Shell 已结束。按回车启动另一个。</translation>
    </message>
</context>
<context>
    <name>kubarium::view::TimelineView</name>
    <message>
        <source>Faults</source>
        <translation>故障</translation>
    </message>
    <message>
        <source>Lab</source>
        <translation>实验</translation>
    </message>
    <message>
        <source>%1 · %2 left</source>
        <comment>a timer</comment>
        <translation>%1 · 剩余 %2</translation>
    </message>
    <message>
        <source>Timeline. Left and Right go through the recorded past, Up and Down through the rows, End returns to now.</source>
        <translation>时间线。左右键浏览记录的过去，上下键切换行，End 键回到现在。</translation>
    </message>
</context>
<context>
    <name>kubarium::view::ToolBar</name>
    <message>
        <source>Cluster %1, %2</source>
        <translation>集群 %1，%2</translation>
    </message>
    <message>
        <source>Let the cluster&apos;s Clock run on (Ctrl+P)</source>
        <translation>让集群的时钟继续运行（Ctrl+P）</translation>
    </message>
    <message>
        <source>Stop the cluster&apos;s Clock: nothing is scheduled, no timer runs (Ctrl+P)</source>
        <translation>停止集群的时钟：不调度，计时器也不走（Ctrl+P）</translation>
    </message>
    <message>
        <source>⚡ Fault</source>
        <translation>⚡ 故障</translation>
    </message>
    <message numerus="yes">
        <source>⚡ %n fault(s)</source>
        <translation>
            <numerusform>⚡ %n 个故障</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>⚡ %n fault(s), ends in %1</source>
        <translation>
            <numerusform>⚡ %n 个故障，%1后结束</numerusform>
        </translation>
    </message>
    <message>
        <source>Pause or run the Clock</source>
        <translation>暂停或运行时钟</translation>
    </message>
    <message>
        <source>Let one scheduling phase or one reconcile happen (Ctrl+.)</source>
        <translation>执行一个调度阶段或一次调谐（Ctrl+.）</translation>
    </message>
    <message>
        <source>All waits of the cluster pass %1 times as fast</source>
        <translation>集群的所有等待以 %1 倍速度经过</translation>
    </message>
    <message>
        <source>Rate %1</source>
        <translation>速率 %1</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Undo the fault</source>
        <translation>撤销故障</translation>
    </message>
    <message>
        <source>Search or run…</source>
        <translation>搜索或运行…</translation>
    </message>
    <message>
        <source>Search objects or run a command</source>
        <translation>搜索对象或运行命令</translation>
    </message>
    <message>
        <source>Present</source>
        <translation>演示</translation>
    </message>
    <message>
        <source>Larger and fewer words, for the last row (F5)</source>
        <translation>字更大、更少，让最后一排也能看清（F5）</translation>
    </message>
    <message>
        <source>Panes and settings</source>
        <translation>窗格和设置</translation>
    </message>
    <message>
        <source>Light or dark</source>
        <translation>浅色或深色</translation>
    </message>
    <message>
        <source>Light or dark theme</source>
        <translation>浅色或深色主题</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Break something on purpose; every fault can be undone</source>
        <translation>故意制造故障；每个故障都可以撤销</translation>
    </message>
    <message>
        <source>Hold a scheduling cycle before one of its phases</source>
        <translation>在某个阶段之前暂停一次调度周期</translation>
    </message>
    <message>
        <source>Breakpoints of the scheduler</source>
        <translation>调度器断点</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>单步</translation>
    </message>
</context>
<context>
    <name>kubarium::view::WhatIfDialog</name>
    <message>
        <source>What if</source>
        <translation>假如</translation>
    </message>
    <message>
        <source>Where would these Pods go? The scheduler answers; nothing in the cluster changes.</source>
        <translation>这些 Pod 会去哪里？由调度器回答；集群中不会有任何改变。</translation>
    </message>
    <message>
        <source>Pods that do not exist yet</source>
        <translation>尚不存在的 Pod</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Configuration A</source>
        <translation>配置 A</translation>
    </message>
    <message>
        <source>empty: the one in force</source>
        <translation>留空：使用当前生效的配置</translation>
    </message>
    <message>
        <source>Configuration B</source>
        <translation>配置 B</translation>
    </message>
    <message>
        <source>empty: no comparison</source>
        <translation>留空：不比较</translation>
    </message>
    <message>
        <source>B: pack Nodes</source>
        <translation>B：填满 Node</translation>
    </message>
    <message>
        <source>A configuration that fills Nodes one after the other (MostAllocated)</source>
        <translation>逐个填满 Node 的配置（MostAllocated）</translation>
    </message>
    <message>
        <source>Ask</source>
        <translation>询问</translation>
    </message>
    <message>
        <source>The scheduler is working it out…</source>
        <translation>调度器正在推算…</translation>
    </message>
    <message>
        <source>The cluster gave no answer.</source>
        <translation>集群没有给出回答。</translation>
    </message>
    <message>
        <source>%1 placed</source>
        <translation>已放置 %1 个</translation>
    </message>
    <message>
        <source>%1 nowhere</source>
        <translation>%1 个无处可放</translation>
    </message>
    <message>
        <source>fullest Node %1 % of its CPU</source>
        <translation>最满的 Node 用了 %1 % 的 CPU</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>届时</translation>
    </message>
    <message>
        <source>Every Pod lands on the same Node.</source>
        <translation>每个 Pod 都落在同一个 Node 上。</translation>
    </message>
    <message>
        <source>Nobody starts these again: %1</source>
        <translation>这些不会再被启动：%1</translation>
    </message>
    <message>
        <source>Drain a Node</source>
        <translation>排空 Node</translation>
    </message>
    <message>
        <source>Lose a zone</source>
        <translation>失去可用区</translation>
    </message>
    <message>
        <source>Nodes to add</source>
        <translation>要添加的 Node 数</translation>
    </message>
    <message>
        <source> CPU</source>
        <translation> CPU</translation>
    </message>
    <message>
        <source>CPU of each added Node, in cores</source>
        <translation>每个添加的 Node 的 CPU（核）</translation>
    </message>
    <message>
        <source>Memory of each added Node, in GiB</source>
        <translation>每个添加的 Node 的内存（GiB）</translation>
    </message>
    <message>
        <source>Add Nodes</source>
        <translation>添加 Node</translation>
    </message>
    <message>
        <source>Make it fit on</source>
        <translation>使其能放到</translation>
    </message>
    <message>
        <source>any Node</source>
        <translation>任意 Node</translation>
    </message>
    <message>
        <source>Asks what would have to change for the first Pod to go to this Node</source>
        <translation>询问要让第一个 Pod 放到此 Node 需要改什么</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>现在</translation>
    </message>
    <message numerus="yes">
        <source>%n Node(s) used</source>
        <translation><numerusform>使用 %n 个 Node</numerusform></translation>
    </message>
    <message>
        <source>there are none</source>
        <translation>没有可用区</translation>
    </message>
    <message>
        <source>each with</source>
        <translation>每个配备</translation>
    </message>
</context>
<context>
    <name>kubarium::view::WhyPage</name>
    <message>
        <source>Why</source>
        <translation>为什么</translation>
    </message>
    <message>
        <source>The scheduler has not decided about this Pod yet, or it forgot: it keeps the latest 1000 decisions.</source>
        <translation>调度器还没有对这个 Pod 做决定，或已经遗忘：它只保留最近 1000 个决定。</translation>
    </message>
    <message>
        <source>Cycle %1 · attempt %2 · %3 of %4 Nodes fit</source>
        <translation>第 %1 轮 · 第 %2 次尝试 · %4 个 Node 中 %3 个可放置</translation>
    </message>
    <message>
        <source>Cycle %1 · attempt %2 · the nominated Node fits</source>
        <translation>第 %1 轮 · 第 %2 次尝试 · 被提名的 Node 可放置</translation>
    </message>
    <message>
        <source>It was tried first, so the scheduler asked no other Node and scored nothing.</source>
        <translation>它最先被尝试，所以调度器没有再问其他 Node，也没有打分。</translation>
    </message>
    <message>
        <source>SCORES, RAW → NORMALISED × WEIGHT</source>
        <translation>得分，原始 → 归一化 × 权重</translation>
    </message>
    <message>
        <source>A tie between %1, broken by drawing lots.</source>
        <translation>%1 并列，由抽签决定。</translation>
    </message>
    <message>
        <source>Only one Node fits, so nothing was scored.</source>
        <translation>只有一个 Node 可放置，因此没有打分。</translation>
    </message>
    <message>
        <source>WHY NOT THE OTHERS</source>
        <translation>为什么不是其他 Node</translation>
    </message>
    <message>
        <source>WHY NO NODE FITS</source>
        <translation>为什么没有 Node 可放置</translation>
    </message>
    <message>
        <source>WHAT THE OTHERS WOULD HAVE SAID</source>
        <translation>其他 Node 会怎么说</translation>
    </message>
    <message numerus="yes">
        <source>%n Node(s)</source>
        <translation>
            <numerusform>%n 个 Node</numerusform>
        </translation>
    </message>
    <message>
        <source>Show them</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Show the Nodes: %1</source>
        <translation>显示这些 Node：%1</translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>还有 %n 个</numerusform>
        </translation>
    </message>
    <message>
        <source>Hide them</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>PREEMPTION</source>
        <translation>抢占</translation>
    </message>
    <message>
        <source>SMALLEST CHANGE THAT WOULD MAKE IT FIT</source>
        <translation>能让它放得下的最小更改</translation>
    </message>
    <message>
        <source>The search was stopped when its time was up: there may be more.</source>
        <translation>搜索因时间用尽而停止：可能还有更多方案。</translation>
    </message>
    <message>
        <source>Try</source>
        <translation>尝试</translation>
    </message>
    <message>
        <source>Try: %1</source>
        <translation>尝试：%1</translation>
    </message>
    <message>
        <source>This is for a person to do: %1</source>
        <translation>这需要由人来完成：%1</translation>
    </message>
    <message>
        <source>Trying…</source>
        <translation>正在尝试…</translation>
    </message>
    <message>
        <source>Working it out from what can be listed…</source>
        <translation>正在根据可列出的对象推算……</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Work it out again</source>
        <translation>重新推算</translation>
    </message>
    <message>
        <source>WORKED OUT HERE, ASSUMING</source>
        <translation>由本程序推算，并假定</translation>
    </message>
    <message>
        <source>The nominated Node fits</source>
        <translation>被提名的 Node 放得下</translation>
    </message>
    <message>
        <source>%1 of %2 Nodes fit</source>
        <translation>%2 个 Node 中有 %1 个放得下</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copies the commands that do this</source>
        <translation>复制完成此修改的命令</translation>
    </message>
    <message>
        <source>Copy the commands: %1</source>
        <translation>复制命令：%1</translation>
    </message>
</context>
<context>
    <name>kubarium::view::YamlEditor</name>
    <message>
        <source>Asking the cluster…</source>
        <translation>正在询问集群…</translation>
    </message>
    <message>
        <source>Applying…</source>
        <translation>正在应用…</translation>
    </message>
    <message numerus="yes">
        <source>%n mistake(s): see the marked lines.</source>
        <translation>
            <numerusform>%n 处错误：请看标出的行。</numerusform>
        </translation>
    </message>
    <message>
        <source>Dry run</source>
        <translation>试运行</translation>
    </message>
    <message>
        <source>Let the cluster check it without changing anything</source>
        <translation>让集群检查它，但不做任何改动</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Send it to the cluster (Ctrl+Enter)</source>
        <translation>发送到集群（Ctrl+Enter）</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Search in the text</source>
        <translation>在文本中搜索</translation>
    </message>
    <message>
        <source>YAML text</source>
        <translation>YAML 文本</translation>
    </message>
    <message>
        <source>Esc leaves the text</source>
        <translation>Esc 离开文本</translation>
    </message>
</context>
<context>
    <name>kubarium::view::YamlPage</name>
    <message>
        <source>YAML</source>
        <translation>YAML</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>A living Kubernetes cluster in a window.</source>
        <translation>窗口中的一个活的 Kubernetes 集群。</translation>
    </message>
    <message>
        <source>Start or attach to the cluster of this name (lab).</source>
        <translation>启动或连接到此名称的集群（lab）。</translation>
    </message>
    <message>
        <source>Attach to the cluster of this kubeconfig instead.</source>
        <translation>改为连接到此 kubeconfig 的集群。</translation>
    </message>
    <message>
        <source>The context in the kubeconfig.</source>
        <translation>kubeconfig 中的上下文。</translation>
    </message>
    <message>
        <source>Open this lab in a cluster of its own.</source>
        <translation>在独立的集群中打开此实验。</translation>
    </message>
    <message>
        <source>en or zh_CN; the system&apos;s language if not given.</source>
        <translation>en 或 zh_CN；未给出时使用系统语言。</translation>
    </message>
</context>
</TS>
