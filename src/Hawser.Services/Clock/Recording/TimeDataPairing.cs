namespace Hawser.Services.Clock.Recording;

/// <summary>The times of one client's requests and answers, from the rows of a recording.</summary>
internal sealed class TimeDataPairing(string client, string server)
{
    private readonly List<long> _requestsNs = [];
    private readonly List<long> _answersNs = [];

    public string Client { get; } = client;

    public string Server { get; } = server;

    /// <summary>T1 of each request on the client's wall clock, in order.</summary>
    public IReadOnlyList<long> RequestsNs => _requestsNs;

    /// <summary>T3 of each answer on the server's wall clock, in order; possibly fewer than requests.</summary>
    public IReadOnlyList<long> AnswersNs => _answersNs;

    public void Request(long wallNs) => _requestsNs.Add(wallNs);

    /// <summary>False: no request is left to answer.</summary>
    public bool TryAnswer(long wallNs)
    {
        if (_answersNs.Count == _requestsNs.Count)
            return false;
        _answersNs.Add(wallNs);
        return true;
    }
}
