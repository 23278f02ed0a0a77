using System.Text.Json;
using Hawser.Limits;

namespace Hawser.Telemetry;

/// <summary>The values of <c>error.type</c> in metrics and spans: the names of the reasons in snake case, as in the log
/// of the program.</summary>
internal static class ReasonName
{
    private static readonly Dictionary<CloseReason, string> OfClose = Names<CloseReason>();
    private static readonly Dictionary<RefusalReason, string> OfRefusal = Names<RefusalReason>();

    /// <summary>Null for an orderly end.</summary>
    public static string? OfError(CloseReason reason) =>
        reason is CloseReason.None or CloseReason.PeerFinished or CloseReason.HandlerFinished
            or CloseReason.ServerStopping
            ? null
            : OfClose[reason];

    public static string Of(RefusalReason reason) => OfRefusal[reason];

    /// <summary>Why a layer failed.</summary>
    public static string Of(Exception? fault) => fault switch
    {
        ProtocolException e => OfClose[e.Reason],
        ConnectionClosedException e => OfClose[e.Reason],
        OperationCanceledException => "cancelled",
        _ => "handler_fault",
    };

    // Once: the instruments must not allocate for a connection.
    private static Dictionary<T, string> Names<T>() where T : struct, Enum => Enum.GetValues<T>()
        .ToDictionary(reason => reason, reason => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{reason}"));
}
