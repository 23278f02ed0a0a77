using System.Net;
using Hawser.App.CommandLine;

namespace Hawser.App.Http;

/// <summary>Where to serve HTTP: <c>[ADDRESS:]PORT</c>, on 127.0.0.1 unless an address is given.</summary>
/// <param name="Host">The address or name, as typed.</param>
/// <param name="EndPoints">All its addresses.</param>
internal sealed record HttpAddress(string Host, IReadOnlyList<EndPoint> EndPoints)
{
    /// <summary>Parses it.</summary>
    /// <param name="text">As typed.</param>
    /// <param name="example">A port for the error message.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static HttpAddress Parse(string text, int example)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "127.0.0.1" : text[..colon];
        bool isBracketed = host.StartsWith('[') && host.EndsWith(']');
        if (colon == 0 || ServerAddress.IsAddress(text) || ServerAddress.IsUnix(text) || (host.Contains(':') && !isBracketed))
        {
            throw new FormatException(
                $"'{text}' is not [ADDRESS:]PORT; use {example}, 0.0.0.0:{example} or [::]:{example}");
        }
        int port = ServerAddress.ParseListenPort(text[(colon + 1)..], lowest: 0);
        return new HttpAddress(
            host, [.. ServerAddress.ParseListen(host.Trim('[', ']')).Select(found => ServerAddress.At(found, port))]);
    }

    /// <summary>Whether only this machine can reach the addresses.</summary>
    public static bool IsLocal(IEnumerable<EndPoint> where) =>
        where.All(endPoint => endPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address));
}
