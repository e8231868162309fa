# SPDX-License-Identifier: MIT
# docker build -t tcp-echo-metrics .    (or compose.yaml, which adds Prometheus and Grafana)
# --build-arg REVISION=... is the commit, for -version: an engine does not get the folder .git.
# For all platforms; .github/dependabot.yml keeps the digest current.
FROM debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f AS base

FROM base AS build
WORKDIR /src
# Separately, so that a change to the sources does not reinstall the packages.
COPY scripts/common.sh scripts/packages scripts/
RUN bash -euc '. scripts/common.sh; install_packages run build'
COPY . .
ARG REVISION
RUN if [ -n "$REVISION" ]; then echo "$REVISION" >revision; fi && ./autogen.sh && mkdir build-image && cd build-image && \
	../configure -q --without-check --without-collectd --without-systemd && \
	make -j"$(nproc)" tcp-echo-metrics && strip tcp-echo-metrics

FROM base
RUN apt-get update && \
	apt-get install -y --no-install-recommends libcares2 libcjson1 libdeflate0 \
		libcrypt1 libcurl3t64-gnutls libevent-core-2.1-7t64 libgnutls30t64 libyaml-0-2 && \
	rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build-image/tcp-echo-metrics /usr/bin/
COPY --from=build /src/packaging/container/is-healthy /usr/bin/
# nobody: no privileges are needed.
USER 65534:65534
# Echo server, /metrics.
EXPOSE 4000 2112
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["is-healthy"]
ENTRYPOINT ["tcp-echo-metrics"]
CMD ["-mode=both"]
