# The Node version of package.json's devDependency; a test compares the two.
FROM node:24.21.0-trixie-slim AS console

WORKDIR /app
COPY package.json package-lock.json ./
COPY web ./web
RUN npm ci --ignore-scripts --no-audit --no-fund && node web/build.ts

FROM node:24.21.0-trixie-slim

WORKDIR /app
# Optional packages are the embedded Postgres, which an image with DATABASE_URL does not need; no package needs its scripts.
COPY package.json package-lock.json ./
COPY web/package.json ./web/package.json
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY migrations ./migrations
COPY plugins ./plugins
COPY routes ./routes
COPY server ./server
COPY --from=console /app/web/dist ./web/dist

# Assets are kept here. A new volume takes over the owner.
RUN install -d -o node -g node -m 700 /data
VOLUME /data
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3001 DATA_DIR=/data
USER node
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the process that gets SIGTERM; npm would stand between.
# These sizes of the young and the old generation keep memory below 300 MB at 50,000 tasks (bench/README.md).
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=50", "server/index.ts"]
