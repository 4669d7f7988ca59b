"""The demonstration: installs the chart on the cluster and tells the main job's story on real parts."""
