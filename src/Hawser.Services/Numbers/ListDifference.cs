namespace Hawser.Services.Numbers;

/// <summary>The first byte in which a list is not the expected one; null stands for the end of a list.</summary>
internal sealed record ListDifference(long Offset, byte? Expected, byte? Found)
{
    /// <summary>For people: <c>byte 4711: '7' instead of ','</c>.</summary>
    public override string ToString() => $"byte {Offset}: {Name(Found)} instead of {Name(Expected)}";

    private static string Name(byte? value) => value switch
    {
        null => "the end",
        > 0x20 and < 0x7F => $"'{(char)value}'",
        _ => $"byte 0x{value:X2}",
    };
}
