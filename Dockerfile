# voip-qosd for routers that run containers:
#   docker build -t voip-qosd .
#   docker run -d --name voip-qosd --restart unless-stopped --stop-timeout 75 --network host --cap-drop ALL --cap-add NET_ADMIN \
#     --cap-add NET_RAW \
#     -v /etc/voip-qosd:/etc/voip-qosd:ro -v voip-qosd:/var/lib/voip-qosd voip-qosd
# NET_RAW lets it look at TCP headers, by which it learns what the line carries; without it the rates in [qos.tc] must be numbers.
# A container may not write to /proc/sys: switch the counters that calls are seen by on at the host, once and for good:
#   echo net.netfilter.nf_conntrack_acct=1 > /etc/sysctl.d/90-voip-qosd.conf && sysctl --system
# Without a configuration file it watches and changes nothing.
FROM debian:bookworm-slim AS build
WORKDIR /build
COPY scripts/bootstrap scripts/
RUN ./scripts/bootstrap --build-only
COPY CMakeLists.txt CMakePresets.json ./
COPY config config
COPY integrations integrations
COPY src src
RUN cmake --preset router -DCMAKE_INSTALL_PREFIX=/usr \
 && cmake --build --preset router \
 && DESTDIR=/out cmake --install build/router --strip --component daemon

FROM debian:bookworm-slim
# tc, ip and nft are what the actuators run; the rest are the daemon's libraries.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      iproute2 nftables ca-certificates \
      libpaho-mqttpp3-1 libpaho-mqtt1.3 libnetfilter-conntrack3 libmnl0 libspdlog1.10 libfmt9 zlib1g \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*
COPY --from=build /out/usr/sbin/voip-qosd /usr/sbin/voip-qosd
RUN mkdir -p /etc/voip-qosd /var/lib/voip-qosd && voip-qosd --version
VOLUME /var/lib/voip-qosd
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=5s CMD ["voip-qosd", "status", "--json"]
ENTRYPOINT ["voip-qosd"]
CMD ["run"]
