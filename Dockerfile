# Two images from one file; docs/deploy.md tells how to run them, and what of this file has been executed.
#   docker build -t voice-server .                        espeak, on any CPU: the default
#   docker build -t voice-server:cuda --target cuda .     the same with torch and vLLM, for NVIDIA cards such as the L40S

ARG BASE=python:3.12-slim-trixie

# An environment to be copied whole. What changes seldom comes first, so that a change of code costs seconds.
FROM ${BASE} AS build
RUN python -m venv --without-pip /opt/voice-server
COPY deploy/requirements.txt /src/deploy/
RUN pip --python /opt/voice-server/bin/python install --no-cache-dir --requirement /src/deploy/requirements.txt
COPY pyproject.toml README.md LICENSE THIRD_PARTY.md /src/
COPY engine /src/engine
COPY voice_server /src/voice_server
COPY web_demo /src/web_demo
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /src
RUN pip --python /opt/voice-server/bin/python install --no-cache-dir --no-deps /wheels/*.whl \
 && pip --python /opt/voice-server/bin/python check

FROM build AS build-cuda
ARG VLLM=0.32.0
RUN pip --python /opt/voice-server/bin/python install --no-cache-dir "$(echo /wheels/*.whl)[vllm]" "vllm==${VLLM}"

# What both images have: an init that reaps and passes signals on, a user who owns nothing but the models, licences.
# DL3008: packages of the system are not pinned, so that they come with the distribution's security fixes.
FROM ${BASE} AS base
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 speech \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /models --shell /usr/sbin/nologin speech \
 && install --directory --owner=speech --group=speech /models
COPY LICENSE THIRD_PARTY.md deploy/SOURCES.md /usr/share/licenses/voice-server/
RUN cp /usr/share/common-licenses/GPL-2 /usr/share/common-licenses/GPL-3 \
       /usr/share/common-licenses/LGPL-2 /usr/share/common-licenses/LGPL-2.1 /usr/share/common-licenses/LGPL-3 \
       /usr/share/licenses/voice-server/
COPY deploy/healthcheck.py /usr/local/lib/voice-server/
ENV PATH=/opt/voice-server/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /models
VOLUME /models
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "/usr/local/lib/voice-server/healthcheck.py"]
ENTRYPOINT ["tini", "--", "voice-server"]
CMD ["serve", "--host", "0.0.0.0"]

# CUDA's libraries are in the wheels of torch; the driver is the host's. Triton compiles while it runs: hence the compiler,
# and the caches beside the models, since nothing else can be written.
FROM base AS cuda
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build-cuda /opt/voice-server /opt/voice-server
RUN pip --python /opt/voice-server/bin/python list --format=freeze > /usr/share/licenses/voice-server/packages.txt
ENV HF_HOME=/models/huggingface \
    TORCHINDUCTOR_CACHE_DIR=/models/cache/inductor \
    TRITON_CACHE_DIR=/models/cache/triton \
    VLLM_CACHE_ROOT=/models/cache/vllm \
    VLLM_NO_USAGE_STATS=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001

# The default is the last stage.
FROM base AS cpu
COPY --from=build /opt/voice-server /opt/voice-server
RUN pip --python /opt/voice-server/bin/python list --format=freeze > /usr/share/licenses/voice-server/packages.txt
USER 10001:10001
