using System.IO.Pipelines;

namespace Hawser.Pipelines;

/// <summary>A connection as a duplex pipe.</summary>
internal sealed class ConnectionPipe(Connection connection) : IDuplexPipe
{
    public PipeReader Input { get; } = new ConnectionReader(connection);

    public PipeWriter Output => connection.Output;
}
