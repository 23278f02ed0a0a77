using Hawser.Attacks.Clients;

namespace Hawser.Attacks.Attacks;

/// <summary>What a client says first.</summary>
internal static class Request
{
    public static byte[] Valid(string service) => service switch
    {
        "clock" => ClockFrame.Hello(),
        // Long enough that a byte now and then does not come to its end.
        "ping" => [.. "ping 123456789012345678 123456789012345678\n"u8],
        _ => new byte[1000],
    };
}
