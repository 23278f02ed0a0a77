namespace Hawser.Services.Clock;

/// <summary>How a recording ends.</summary>
public enum TimeDataEnding
{
    /// <summary>With its last line.</summary>
    Whole,

    /// <summary>After a whole row, without the last line: its writer was killed.</summary>
    Cut,

    /// <summary>In the middle of a row: its writer was killed while it wrote, or a copy was cut off.</summary>
    Torn,
}
