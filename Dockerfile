# Build: npm's packages with the compilers, the server to dist/src, the desk to dist/desk.
FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# PostgreSQL is given by DATABASE_URL: the embedded one stays out of the image.
RUN npm run build:image && npm prune --omit=dev --omit=optional

FROM node:20-slim
ENV NODE_ENV=production LIANDONG_HOME=/data LIANDONG_HTTP_HOST=0.0.0.0
WORKDIR /app
# Without src, bin/liandong.js runs dist.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
COPY --from=build /app/migrations ./migrations
COPY --from=build /app/ivr-flows ./ivr-flows
COPY --from=build /app/sip ./sip
RUN mkdir /data && chown node:node /data
USER node
# The journal: what must be written while PostgreSQL is away.
VOLUME /data
EXPOSE 8110 8084
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "const host = process.env.LIANDONG_HTTP_HOST; fetch(`http://${['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${process.env.LIANDONG_HTTP_PORT ?? 8110}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/liandong.js", "start"]
