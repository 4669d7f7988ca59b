package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// provisionerName is what the StorageClass tre-local names.
const provisionerName = "tre.local/directory"

// directories provisions one directory of the node for each claim.
type directories struct {
	root string
	node string
}

// Provision makes the claim's directory. It is open to every user of the node,
// because a directory has no fsGroup; its parent is not, so that only pods that
// mount it get there.
func (d *directories) Provision(_ context.Context, o controller.ProvisionOptions) (
	*v1.PersistentVolume, controller.ProvisioningState, error) {
	if o.PVC.Spec.Selector != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("claim selectors are not supported")
	}
	path := filepath.Join(d.root, o.PVName)
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	if err := os.Chmod(path, 0o777); err != nil { // the umask took bits away
		return nil, controller.ProvisioningFinished, err
	}
	return d.volume(o, path), controller.ProvisioningFinished, nil
}

func (d *directories) volume(o controller.ProvisionOptions, path string) *v1.PersistentVolume {
	kind := v1.HostPathDirectory
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: o.PVName},
		Spec: v1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			AccessModes:                   o.PVC.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: o.PVC.Spec.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeSource: v1.PersistentVolumeSource{
				HostPath: &v1.HostPathVolumeSource{Path: path, Type: &kind},
			},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{
				NodeSelectorTerms: []v1.NodeSelectorTerm{{MatchExpressions: []v1.NodeSelectorRequirement{{
					Key: v1.LabelHostname, Operator: v1.NodeSelectorOpIn, Values: []string{d.node},
				}}}},
			}},
		},
	}
}

// Delete removes the volume's directory with all that is in it.
func (d *directories) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	if volume.Spec.HostPath == nil {
		return fmt.Errorf("volume %s is not a directory of this node", volume.Name)
	}
	path := filepath.Clean(volume.Spec.HostPath.Path)
	if !strings.HasPrefix(path, filepath.Clean(d.root)+string(filepath.Separator)) {
		return fmt.Errorf("volume %s lies outside %s", volume.Name, d.root)
	}
	return os.RemoveAll(path)
}

// runProvisioner serves the StorageClass tre-local.
func runProvisioner() int {
	var kubeconfig, root, node string
	flags := pflag.NewFlagSet("provisioner", pflag.ExitOnError)
	flags.StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig file")
	flags.StringVar(&root, "root", "", "directory that holds the volumes")
	flags.StringVar(&node, "node-name", "", "name of this node")
	_ = flags.Parse(os.Args[1:])
	client, err := newClient(kubeconfig)
	if err != nil {
		klog.ErrorS(err, "Provisioner failed")
		return 1
	}
	ctx, cancel := untilStopped()
	defer cancel()
	controller.NewProvisionController(ctx, client, provisionerName,
		&directories{root: root, node: node}, controller.LeaderElection(false)).Run(ctx)
	return 0
}
