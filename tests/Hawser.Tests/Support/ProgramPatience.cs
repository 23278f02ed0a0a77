namespace Hawser.Tests.Support;

/// <summary>Bounds every wait: only a hung test ever comes near.</summary>
internal static class ProgramPatience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task Soon(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limit);
}
