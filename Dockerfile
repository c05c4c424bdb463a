# The command, its library, and what a Dask Gateway needs for schedulers and workers: one image for all of them.
# Both stages stand on the same base, since an environment belongs to the Python that made it.
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
# a compiler for the kernels, and Python's headers where the base left them out
RUN apt-get update \
 && headers=$(python -c 'import os, sysconfig; \
      print("" if os.path.exists(sysconfig.get_path("include") + "/Python.h") else "python3-dev")') \
 && apt-get install --yes --no-install-recommends gcc libc6-dev binutils $headers
WORKDIR /build
RUN python -m venv tools && python -m venv --without-pip /opt/cloudless-mosaic
COPY pyproject.toml constraints.txt ./
RUN tools/bin/python -c 'import tomllib; \
      project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
      print(*project["dependencies"], *project["optional-dependencies"]["gateway"], sep="\n")' > requirements.txt
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    tools/bin/pip --python /opt/cloudless-mosaic/bin/python install --no-cache-dir --only-binary :all: \
      --constraint constraints.txt --requirement requirements.txt
# Half of what wheels bring isn't used: their own tests, symbols for debuggers, codecs of other formats with the
# libraries that only these need.
RUN cd /opt/cloudless-mosaic/lib/python3*/site-packages \
 && find . -type d '(' -name tests -o -path ./tornado/test ')' -prune -exec rm -r {} + \
 && find . -name '*.so*' -exec strip --strip-unneeded {} + \
 && find imagecodecs -name '_*.so' -regextype egrep \
      ! -regex 'imagecodecs/_(shared|shared_cython|imcd|deflate|zstd|png|zlib)\..*' -delete \
 && for round in 1 2 3; do \
      readelf --dynamic imagecodecs/*.so imagecodecs.libs/* | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' > /tmp/needed; \
      for library in imagecodecs.libs/*; do \
        grep --quiet --line-regexp --fixed-strings "${library##*/}" /tmp/needed || rm "$library"; \
      done; \
    done
COPY . .
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    tools/bin/pip wheel --no-cache-dir --no-deps --wheel-dir wheels . \
 && tools/bin/pip --python /opt/cloudless-mosaic/bin/python install --no-cache-dir --no-deps --no-index \
      --prefix /application wheels/*.whl

FROM ${BASE}
COPY --from=build /opt/cloudless-mosaic /opt/cloudless-mosaic
COPY --from=build /application /opt/cloudless-mosaic
COPY --chmod=755 scripts/start-dask.sh scripts/end-dask.sh bai.py /opt/cloudless-mosaic/bin/
# a folder to work in for whatever user comes; runners mount their own
RUN mkdir --mode 1777 /output
# Whoever runs this may have no name, which a Dask Gateway wants, and no home, or the results' folder as one.
# Nothing is written but results: Dask would copy its defaults into the home. What schedulers and workers
# watch of themselves for the dashboard, up to a hundred times a second, is watched less or not at all.
ENV PATH=/opt/cloudless-mosaic/bin:$PATH \
    LOGNAME=cloudless-mosaic \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DASK_CONFIG=/etc/dask \
    DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False \
    DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL=200ms \
    DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL=5s
WORKDIR /output
USER 1000:1000
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="cloudless-mosaic" \
      org.opencontainers.image.description="Monthly cloud-free Sentinel-2 mosaics from any STAC API" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
