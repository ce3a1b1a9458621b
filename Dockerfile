# SPDX-License-Identifier: Apache-2.0
# kernel-builder and what it needs at run time, nothing of torch or CUDA: those it fetches, into /cache.
#   docker build -t kernel-builder:dev .
#   docker run --rm -v "$(pwd):/kernelcode" kernel-builder:dev

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY tools/deps.sh tools/implementation.sh tools/
RUN sh tools/deps.sh build \
    && apt-get install -y -qq --no-install-recommends liblzma-dev libzstd-dev python3-pip >/dev/null
COPY Makefile ./
COPY src src
COPY catalog catalog
COPY data data
COPY docs docs
# libarchive is linked in: what the program needs of it comes without libxml2 and ICU, which would be a third of the image.
RUN make -j"$(nproc)" CFLAGS=-O2 LDLIBS="$(pkg-config --libs libssl libcrypto libnghttp2 zlib jansson) -l:libarchive.a -llzma -lzstd -lstdc++" \
    && install -D -s kernel-builder /image/usr/bin/kernel-builder
# The image has no pip that could be asked for the wheel index at run time: what pip says now becomes the default.
# Where the address holds a password, pip hides it, and the image gets no default.
ARG PIP_INDEX_URL=
RUN mkdir -p /image/etc/xdg/kernel-builder \
    && COLUMNS=1000 python3 -m pip install --help \
    | sed -n 's/.*--index-url.*(default:* *\([^ *)]*\)).*/wheel-index = "\1"/p' >/image/etc/xdg/kernel-builder/config.toml
COPY docker/entry.sh /image/usr/lib/kernel-builder/entry.sh

FROM debian:bookworm-slim
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap ca-certificates \
    libcurl4 libjansson4 liblzma5 libnghttp2-14 libssl3 libstdc++6 libzstd1 zlib1g >/dev/null \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && install -d -m 1777 /cache && mkdir /kernelcode
COPY --from=build /image/ /
ENV KERNEL_BUILDER_HOME=/cache XDG_CONFIG_HOME=/etc/xdg MAX_JOBS=4 CORES=4
WORKDIR /kernelcode
ENTRYPOINT ["/bin/sh", "/usr/lib/kernel-builder/entry.sh"]
CMD ["build"]
