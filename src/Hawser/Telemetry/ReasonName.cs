using Hawser.Limits;

namespace Hawser.Telemetry;

/// <summary>The values of <c>error.type</c> in metrics and spans.</summary>
internal static class ReasonName
{
    /// <summary>Null for an orderly end.</summary>
    public static string? OfError(CloseReason reason) =>
        reason is CloseReason.None or CloseReason.PeerFinished or CloseReason.HandlerFinished
            or CloseReason.ServerStopping
            ? null
            : Of(reason);

    public static string Of(RefusalReason reason) => reason switch
    {
        RefusalReason.Denied => "denied",
        RefusalReason.NotAllowed => "not_allowed",
        RefusalReason.ConnectionsPerAddress => "connections_per_address",
        RefusalReason.AcceptRate => "accept_rate",
        _ => "other",
    };

    /// <summary>Why a layer failed.</summary>
    public static string Of(Exception? fault) => fault switch
    {
        ProtocolException e => Of(e.Reason),
        ConnectionClosedException e => Of(e.Reason),
        OperationCanceledException => "cancelled",
        _ => "handler_fault",
    };

    private static string Of(CloseReason reason) => reason switch
    {
        CloseReason.Aborted => "aborted",
        CloseReason.PeerReset => "peer_reset",
        CloseReason.ProtocolError => "protocol_error",
        CloseReason.Truncated => "truncated",
        CloseReason.ByteLimit => "byte_limit",
        CloseReason.FirstByteTimeout => "first_byte_timeout",
        CloseReason.IdleTimeout => "idle_timeout",
        CloseReason.DrainTimeout => "drain_timeout",
        CloseReason.HandlerFault => "handler_fault",
        CloseReason.TooSlow => "too_slow",
        CloseReason.TotalTimeout => "total_timeout",
        CloseReason.ServerStopping => "server_stopping",
        _ => "other",
    };
}
