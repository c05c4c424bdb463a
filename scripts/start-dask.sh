#!/bin/sh
# Starts a Dask Gateway cluster. Its workers run the image DASK_IMAGE, or that of the Gateway. Then:
#   source dask_cluster_name.txt
# Further arguments go to `cloudless-mosaic cluster start`, for example --gateway-url URL --max-cores 20.
set -eu
exec cloudless-mosaic cluster start --target dask_cluster_name.txt ${DASK_IMAGE:+--image "$DASK_IMAGE"} \
  --worker-cores 0.5 --worker-cores-limit 1 --worker-memory 2 --max-cores 5 --max-ram 16 "$@"
