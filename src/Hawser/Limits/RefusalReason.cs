namespace Hawser.Limits;

/// <summary>Why a server refused a connection: each is a limit of <see cref="ServerLimits"/>.</summary>
public enum RefusalReason
{
    /// <summary>The address is on <see cref="ServerLimits.Deny"/>.</summary>
    Denied,

    /// <summary>The address is not on <see cref="ServerLimits.Allow"/>.</summary>
    NotAllowed,

    /// <summary>The address has <see cref="ServerLimits.ConnectionsPerAddress"/> connections.</summary>
    ConnectionsPerAddress,

    /// <summary>The address connects more often than <see cref="ServerLimits.AcceptRate"/> allows.</summary>
    AcceptRate,

    /// <summary>The user is not among <see cref="ServerLimits.AllowUsers"/>.</summary>
    UserNotAllowed,
}
