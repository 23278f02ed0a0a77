using Hawser.App.Output;
using Hawser.Services.Text;

namespace Hawser.App.Status;

/// <summary>A running server, as it answered, and the conversation with its process.</summary>
internal sealed record RunningServer(
    StatusClient Client, ServerStatus Status, IReadOnlyList<ConnectionStatus> Connections) : IDisposable
{
    /// <summary>Asks all processes of this user. One that does not answer is left out, with a warning.</summary>
    /// <param name="choice">Which servers.</param>
    /// <param name="request">What to list.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>At least one.</returns>
    /// <exception cref="IOException">No server runs, or none is meant.</exception>
    public static async Task<IReadOnlyList<RunningServer>> FindAsync(
        ServerChoice choice, ListRequest request, CancellationToken cancel)
    {
        List<RunningServer> found = [];
        bool isAnySilent = false;
        List<StatusClient> unused = await StatusClient.ConnectAllAsync(choice.Socket, [], WarnOfSilence, cancel);
        List<ServerStatus> others = [];
        // All at once: those that do not answer share one wait.
        foreach ((StatusClient client, var answer) in
            unused.Select(client => (client, client.ListAsync(request, cancel))).ToArray())
        {
            try
            {
                foreach ((ServerStatus server, IReadOnlyList<ConnectionStatus> connections) in await answer)
                {
                    if (choice.Word is null || server.Is(choice.Word))
                        found.Add(new RunningServer(client, server, connections));
                    else
                        others.Add(server);
                }
                if (found.Any(server => server.Client == client))
                    unused.Remove(client);
            }
            catch (StatusErrorException e)
            {
                WarnOfSilence($"{client.Name}: {e.Message}");
            }
            catch (IOException e)
            {
                WarnOfSilence(e.Message);
            }
        }
        unused.ForEach(client => client.Dispose());
        if (found.Count > 0)
            return found;
        throw new IOException(others.Count == 0
            ? choice.Socket is { } socket ? $"no server answers at {socket}"
                : isAnySilent ? "no server of this user answers" : "no server of this user is running"
            : $"no server '{choice.Word}' {(isAnySilent ? "answers" : "is running")}; there are {string.Join(", ", others.Select(server => server.Label()))}");

        void WarnOfSilence(string what)
        {
            isAnySilent = true;
            Standard.Error.WriteLine($"WARNING: {Printable.Line(what)}");
        }
    }

    public void Dispose() => Client.Dispose();
}
