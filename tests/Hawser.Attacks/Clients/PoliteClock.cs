using System.Net.Sockets;

namespace Hawser.Attacks.Clients;

/// <summary>Ticks every 10 ms over one connection, and connects anew if it breaks.</summary>
internal sealed class PoliteClock(int port) : PoliteClient(port)
{
    private readonly byte[] _frame = new byte[ClockFrame.ReplyBytes];
    private Socket? _socket;
    private uint _tick;

    protected override TimeSpan Pause => ClockFrame.Interval;

    public override void Dispose()
    {
        _socket?.Dispose();
        base.Dispose();
    }

    protected override string? Converse()
    {
        try
        {
            _socket ??= Register();
            _socket.Send(ClockFrame.Request(_tick++));
            Receive(_socket, ClockFrame.Reply, ClockFrame.ReplyBytes);
            return null;
        }
        catch
        {
            _socket?.Dispose();
            _socket = null;
            throw;
        }
    }

    private Socket Register()
    {
        Socket socket = Wire.Connect(Port);
        try
        {
            _tick = 0;
            socket.Send(ClockFrame.Hello());
            Receive(socket, ClockFrame.Welcome, ClockFrame.WelcomeBytes);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Receive(Socket socket, byte type, int bytes)
    {
        for (int length = 0; length < bytes;)
        {
            int read = socket.Receive(_frame.AsSpan(length, bytes - length));
            if (read == 0)
                throw new IOException("the server has left");
            length += read;
            if (_frame[0] != type)
                throw new IOException($"frame {_frame[0]} instead of {type}");
        }
    }
}
