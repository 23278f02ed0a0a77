using Amazon.Runtime;
using Hawser.Services.Upload;
using Npgsql;

namespace Hawser.Cluster;

/// <summary>What database and object store throw, told from bugs.</summary>
internal static class StoreFault
{
    /// <summary>Whether the database, the object store or the way to them failed.</summary>
    public static bool Is(Exception e) =>
        e is NpgsqlException or AmazonServiceException or AmazonClientException or HttpRequestException or IOException
            or OperationCanceledException or TimeoutException;

    /// <summary>The refusal of an upload that a fault ended; the reason of the connection's end, if that is the
    /// cause.</summary>
    public static IOException Refusal(string part, Exception e, Connection connection) =>
        e is UploadRefusedException refused ? refused
        : connection.Aborted.IsCancellationRequested ? new UploadRefusedException("the connection ended before it was stored", e)
        : new UploadRefusedException(
            e is AmazonServiceException or PostgresException { IsTransient: false }
                ? $"{part} refused it" : $"{part} does not answer", e);

    /// <summary>Runs a call whose faults are the user's to mend.</summary>
    /// <exception cref="IOException">It failed; one line that names the option.</exception>
    public static async Task<T> GuardAsync<T>(string option, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (Is(e))
        {
            throw new IOException($"{option}: {Describe(e)}", e);
        }
    }

    /// <inheritdoc cref="GuardAsync{T}"/>
    public static Task GuardAsync(string option, Func<Task> call) => GuardAsync(option, async () =>
    {
        await call();
        return true;
    });

    /// <summary>What happened, in one line.</summary>
    public static string Describe(Exception e)
    {
        string text = e is OperationCanceledException or TimeoutException ? "no answer in time"
            : e is AmazonServiceException { ErrorCode: { Length: > 0 } code } service
                ? $"the object store answers {(int)service.StatusCode} {code}: {service.Message}"
            : e is AmazonClientException && e.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase)
                ? "no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write ~/.aws/credentials"
            : e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{e.Message} ({inner.Message})"
            : e.Message;
        return text.ReplaceLineEndings(" ");
    }
}
