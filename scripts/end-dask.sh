#!/bin/sh
# Stops the cluster that start-dask.sh started from this folder.
set -eu
. ./dask_cluster_name.txt
cloudless-mosaic cluster stop "$DASK_CLUSTER" "$@"
rm dask_cluster_name.txt
