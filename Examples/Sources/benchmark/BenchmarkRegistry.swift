/// All work that `benchmark` knows, by the name on its command line.
let benchmarkRegistry: [BenchmarkWork] = [
  BenchmarkWork(name: "conv", cases: convolutionBenchmarks),
  BenchmarkWork(name: "layers", cases: layerBenchmarks),
  BenchmarkWork(name: "loss", cases: lossBenchmarks),
  BenchmarkWork(name: "methods", cases: methodBenchmarks),
  BenchmarkWork(name: "metrics", cases: metricsBenchmarks),
  BenchmarkWork(name: "step", cases: stepBenchmarks + wholeStepBenchmarks + volumeStepBenchmarks),
  BenchmarkWork(name: "inference", cases: inferenceBenchmarks),
  BenchmarkWork(name: "nifti", cases: niftiBenchmarks),
  BenchmarkWork(name: "slic", cases: slicBenchmarks),
]
