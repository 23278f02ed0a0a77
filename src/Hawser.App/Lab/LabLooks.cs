namespace Hawser.App.Lab;

/// <summary>When a lab that stops by the width of its intervals looks at them, and which order statistics bound an
/// interval at each look so that all looks together cover 0.95.</summary>
/// <remarks>
/// Looking again and again and stopping when the interval pleases would cover less than each interval claims. Here the
/// allowed error of 0.05 is spent over the looks (Lan, DeMets: Discrete sequential boundaries for clinical trials,
/// Biometrika 70, 1983): by the j-th look at most 0.05 j / (j + 1). The number of values below their median is a
/// symmetric random walk whatever their distribution, so the error of each look, given that no earlier one erred,
/// is computed exactly. All intervals hold at once with 0.95, hence also the one at which a run stops, for any rule of
/// stopping.
/// </remarks>
/// <param name="first">Rounds at the first look. Each further look has a quarter more.</param>
internal sealed class LabLooks(int first)
{
    private const double Growth = 1.25;

    private readonly List<(int Rounds, int Depth)> _looks = [];

    // By the number of values below the median: the probability of that number with no error at any look so far.
    private double[] _unspoilt = [1];

    /// <summary>The error spent by the looks computed so far.</summary>
    public double Spent { get; private set; }

    /// <summary>Whether there is a look after that round.</summary>
    public bool IsLook(int rounds) => Last(rounds).Rounds == rounds;

    /// <summary>The last look up to that round: the rounds that it saw, and k for the interval from the k-th smallest
    /// to the k-th largest value, 0 if no interval was possible. Zeros before the first look.</summary>
    public (int Rounds, int Depth) Last(int rounds)
    {
        while (Next() <= rounds)
            Add(Next());
        return _looks.LastOrDefault(look => look.Rounds <= rounds);
    }

    private int Next() => _looks is [.., var last] ? (int)Math.Ceiling(last.Rounds * Growth) : first;

    private void Add(int rounds)
    {
        while (_unspoilt.Length <= rounds)
            Step();
        int look = _looks.Count + 1;
        double allowed = (1 - LabStatistics.Confidence) * look / (look + 1);
        int depth = 0;
        while (2 * (depth + 1) <= rounds && Spent + MissAt(rounds, depth) <= allowed)
        {
            Spent += MissAt(rounds, depth);
            _unspoilt[depth] = _unspoilt[rounds - depth] = 0;
            depth++;
        }
        _looks.Add((rounds, depth));
    }

    // With one more value outside at each end, the interval also misses a median with exactly that many beyond it.
    private double MissAt(int rounds, int depth) => _unspoilt[depth] + _unspoilt[rounds - depth];

    private void Step()
    {
        double[] next = new double[_unspoilt.Length + 1];
        for (int below = 0; below < _unspoilt.Length; below++)
        {
            next[below] += _unspoilt[below] / 2;
            next[below + 1] += _unspoilt[below] / 2;
        }
        _unspoilt = next;
    }
}
