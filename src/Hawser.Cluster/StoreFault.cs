using Amazon.Runtime;
using Hawser.Services.Upload;
using Npgsql;

namespace Hawser.Cluster;

/// <summary>Distinguishes the errors of database and object store from bugs.</summary>
internal static class StoreFault
{
    /// <summary>Whether the database, the object store or the way to them failed.</summary>
    public static bool Is(Exception e) =>
        e is NpgsqlException or AmazonServiceException or AmazonClientException or HttpRequestException or IOException
            or OperationCanceledException or TimeoutException;

    /// <summary>Runs a call whose faults refuse an upload.</summary>
    /// <param name="part">Database or object store, as the client reads it.</param>
    /// <param name="connection">The client's. If its end is the cause, the refusal says so.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="UploadRefusedException">It failed.</exception>
    public static async Task<T> RefuseAsync<T>(string part, Connection connection, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (Is(e) && e is not UploadRefusedException)
        {
            throw new UploadRefusedException(
                connection.Aborted.IsCancellationRequested ? "the connection ended before it was stored"
                : e is AmazonServiceException or PostgresException { IsTransient: false } ? $"{part} refused it"
                : $"{part} does not answer", e);
        }
    }

    /// <inheritdoc cref="RefuseAsync{T}"/>
    public static Task RefuseAsync(string part, Connection connection, Func<Task> call) =>
        RefuseAsync(part, connection, () => WithResultAsync(call));

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
    public static Task GuardAsync(string option, Func<Task> call) => GuardAsync(option, () => WithResultAsync(call));

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

    private static async Task<bool> WithResultAsync(Func<Task> call)
    {
        await call();
        return true;
    }
}
