/// All work that `benchmark` knows, by the name on its command line.
let benchmarkRegistry: [BenchmarkWork] = [
  BenchmarkWork(name: "metrics", cases: metricsBenchmarks)
]
