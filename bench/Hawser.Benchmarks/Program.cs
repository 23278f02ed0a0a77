using BenchmarkDotNet.Running;
using Hawser.Benchmarks.Numbers;
using Hawser.Benchmarks.Transfers;

if (args is ["stages", ..])
    Stages.Run(rounds: args.Length > 1 ? int.Parse(args[1]) : 100);
else if (args is ["steps", ..])
    Steps.Run(rounds: args.Length > 1 ? int.Parse(args[1]) : 60);
else if (args is ["ways", ..])
    Ways.Run(rounds: args.Length > 1 ? int.Parse(args[1]) : 5);
else
    BenchmarkSwitcher.FromAssembly(typeof(Stages).Assembly).Run(args);
