namespace Hawser.Services.Numbers;

/// <summary>Takes a list as it comes.</summary>
internal interface IListSink
{
    /// <summary>A list begins, or begins again: what came before is void.</summary>
    /// <exception cref="IOException">There is no place for it.</exception>
    void Begin();

    /// <summary>The next piece.</summary>
    /// <exception cref="IOException">The disk is full, or worse.</exception>
    void Take(ReadOnlySpan<byte> piece);

    /// <summary>The server has closed.</summary>
    /// <exception cref="MalformedListException">The list is cut; asking again may help.</exception>
    void End();
}
