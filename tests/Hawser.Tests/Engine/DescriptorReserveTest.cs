using Hawser.DescriptorUse;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class DescriptorReserveTest
{
    private const int Size = 8;

    private readonly List<SafeFileHandle> _opened = [];
    private readonly DescriptorReserve _reserve;
    private bool _isFull;

    public DescriptorReserveTest() => _reserve = new DescriptorReserve(() =>
    {
        if (_isFull)
            throw new IOException();
        _opened.Add(File.OpenHandle(typeof(DescriptorReserveTest).Assembly.Location));
        return _opened[^1];
    });

    private int Held => _opened.Count(handle => !handle.IsClosed);

    [Fact]
    public void It_is_held_from_the_first_server_to_the_last()
    {
        _reserve.Enter();
        Assert.Equal(Size, Held);
        _reserve.Enter();
        Assert.Equal(Size, Held);
        _reserve.Leave();
        Assert.Equal(Size, Held);
        _reserve.Leave();
        Assert.Equal(0, Held);
    }

    [Fact]
    public void It_is_free_until_the_last_loan_ends()
    {
        _reserve.Enter();
        _reserve.Lend();
        _reserve.Lend();
        Assert.Equal(0, Held);
        _reserve.TakeBack();
        Assert.Equal(0, Held);
        _reserve.TakeBack();
        Assert.Equal(Size, Held);
        _reserve.Leave();
    }

    [Fact]
    public void A_server_that_starts_or_ends_during_a_loan_takes_nothing()
    {
        _reserve.Enter();
        _reserve.Lend();
        _reserve.Enter();
        Assert.Equal(0, Held);
        _reserve.Leave();
        _reserve.Leave();
        _reserve.TakeBack();
        Assert.Equal(0, Held);
    }

    [Fact]
    public void What_cannot_be_had_is_taken_later()
    {
        _isFull = true;
        _reserve.Enter();
        Assert.Equal(0, Held);
        _isFull = false;
        _reserve.Enter();
        Assert.Equal(Size, Held);
        _reserve.Leave();
        _reserve.Leave();
    }

    [Fact]
    public void It_is_whole_once_there_is_room_and_no_loan()
    {
        Assert.True(_reserve.TryHold());
        _isFull = true;
        _reserve.Enter();
        Assert.False(_reserve.TryHold());
        _isFull = false;
        Assert.True(_reserve.TryHold());
        Assert.Equal(Size, Held);
        _reserve.Lend();
        Assert.False(_reserve.TryHold());
        Assert.Equal(0, Held);
        _reserve.TakeBack();
        _reserve.Leave();
    }
}
