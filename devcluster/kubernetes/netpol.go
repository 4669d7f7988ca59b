package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
)

type netpolOptions struct {
	kubeconfig  string
	nodeName    string
	serviceCIDR string
	nodePorts   string
}

// runNetworkPolicy enforces NetworkPolicy with kube-router's controller.
func runNetworkPolicy() int {
	var o netpolOptions
	flags := pflag.NewFlagSet("netpol", pflag.ExitOnError)
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file")
	flags.StringVar(&o.nodeName, "node-name", "", "name of this node")
	flags.StringVar(&o.serviceCIDR, "service-cidr", "", "service address range")
	flags.StringVar(&o.nodePorts, "node-ports", "30000-32767", "node port range")
	_ = flags.Parse(os.Args[1:])
	ctx, cancel := untilStopped()
	defer cancel()
	if err := enforce(ctx, o); err != nil {
		klog.ErrorS(err, "Network policy controller failed")
		return 1
	}
	return 0
}

func enforce(ctx context.Context, o netpolOptions) error {
	client, err := newClient(o.kubeconfig)
	if err != nil {
		return err
	}
	if err := waitForNode(ctx, client, o.nodeName); err != nil {
		return fmt.Errorf("waiting for node %s: %w", o.nodeName, err)
	}
	config := options.NewKubeRouterConfig()
	config.ClusterIPCIDRs = []string{o.serviceCIDR}
	config.NodePortRange = strings.ReplaceAll(o.nodePorts, "-", ":")
	config.HostnameOverride = o.nodeName
	config.EnableIPv4, config.EnableIPv6 = true, false
	config.RunFirewall, config.RunRouter, config.RunServiceProxy = true, false, false
	config.MetricsEnabled = false
	return runController(ctx, client, config)
}

// The controller reads the node's addresses once, when it is made.
func waitForNode(ctx context.Context, client kubernetes.Interface, name string) error {
	return wait.PollUntilContextTimeout(ctx, time.Second, 2*time.Minute, true,
		func(ctx context.Context) (bool, error) {
			node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
			return err == nil && len(node.Status.Addresses) > 0, nil
		})
}

func runController(ctx context.Context, client kubernetes.Interface, config *options.KubeRouterConfig) error {
	iptables, ipsets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	controller, err := netpol.NewNetworkPolicyController(
		client, config, pods, policies, namespaces, &sync.Mutex{}, iptables, ipsets)
	if err != nil {
		return err
	}
	_, _ = pods.AddEventHandler(controller.PodEventHandler)
	_, _ = namespaces.AddEventHandler(controller.NamespaceEventHandler)
	_, _ = policies.AddEventHandler(controller.NetworkPolicyEventHandler)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	// The controller blocks on its heartbeat channel, so somebody must read it.
	heartbeats := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range heartbeats {
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	controller.Run(heartbeats, ctx.Done(), &running)
	return nil
}
