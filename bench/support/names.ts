export function externalId (index: number | ''): string {
  return `video_bench_${index}`
}
