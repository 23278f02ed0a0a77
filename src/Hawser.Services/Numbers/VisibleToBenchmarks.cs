using System.Runtime.CompilerServices;

// The stages of a list are measured one by one, and none of them is public.
[assembly: InternalsVisibleTo("Hawser.Benchmarks")]
