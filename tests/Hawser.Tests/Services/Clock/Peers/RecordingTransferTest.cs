using FsCheck;
using FsCheck.Fluent;
using Hawser.Services.Clock.Peers;
using Hawser.Services.Clock.Wire;
using Xunit;

namespace Hawser.Tests.Services.Clock.Peers;

public sealed class RecordingTransferTest
{
    private static readonly byte[] Recording = Recordings.Make(20_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_packed_recording_unpacks_unchanged(bool isBrotli)
    {
        var stored = new MemoryStream();
        List<byte[]> chunks = Pack(Recording, isBrotli);
        Assert.Equal(DeliveryOutcome.Delivered, Deliver(chunks, RecordingDigest.Of(Recording), isBrotli, stored));
        Assert.Equal(Recording, stored.ToArray());
        Assert.All(chunks, chunk => Assert.InRange(chunk.Length, 1, ClockLimits.ChunkBytes));
    }

    [Fact]
    public void Packed_a_recording_is_several_times_smaller() =>
        Assert.InRange(Pack(Recording, isBrotli: true).Sum(chunk => chunk.Length), 1, Recording.Length / 3);

    [Fact]
    public void Any_bytes_survive_any_size_of_chunk() =>
        Prop.ForAll(
            Arb.From(Gen.Choose(0, 200_000)), Arb.From(Gen.Choose(1, 5000)), Arb.From(Gen.Elements(true, false)),
            (size, chunkSize, isBrotli) =>
            {
                var content = new byte[size];
                new Random(size).NextBytes(content);
                var stored = new MemoryStream();
                List<byte[]> chunks = Pack(content, isBrotli, chunkSize);
                DeliveryOutcome outcome = Deliver(chunks, RecordingDigest.Of(content), isBrotli, stored);
                Assert.Equal(DeliveryOutcome.Delivered, outcome);
                Assert.Equal(content, stored.ToArray());
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recording_that_ends_too_early_is_cut_short(bool isBrotli)
    {
        List<byte[]> chunks = Pack(Recording, isBrotli, 10_000);
        chunks.RemoveAt(chunks.Count - 1);
        Assert.Equal(DeliveryOutcome.CutShort, Deliver(chunks, RecordingDigest.Of(Recording), isBrotli, new MemoryStream()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recording_that_goes_on_too_long_is_stopped_at_the_size_on_the_roster(bool isBrotli)
    {
        var stored = new MemoryStream();
        RecordingDigest expected = RecordingDigest.Of(Recording.AsSpan(0, 100_000));
        Assert.Equal(DeliveryOutcome.WrongSize, Deliver(Pack(Recording, isBrotli), expected, isBrotli, stored));
        Assert.InRange(stored.Length, 0, 100_000);
    }

    [Fact]
    public void A_bomb_of_zeros_is_stopped_at_the_size_on_the_roster()
    {
        List<byte[]> bomb = Pack(new byte[50_000_000], isBrotli: true);
        Assert.InRange(bomb.Sum(chunk => chunk.Length), 1, 10_000);
        var stored = new MemoryStream();
        RecordingDigest expected = RecordingDigest.Of(new byte[100_000]);
        Assert.Equal(DeliveryOutcome.WrongSize, Deliver(bomb, expected, isBrotli: true, stored));
        Assert.InRange(stored.Length, 0, 100_000);
    }

    [Fact]
    public void A_stream_that_goes_on_and_unpacks_to_nothing_is_stopped()
    {
        // A header, then metadata blocks without content (RFC 7932, section 9.2): not last, no nibbles, none skipped.
        using var unpacker = new RecordingUnpacker(new MemoryStream(), RecordingDigest.Of(new byte[100]), isBrotli: true);
        Assert.Equal(DeliveryOutcome.Delivered, unpacker.Take([0x0c]));
        var outcome = DeliveryOutcome.Delivered;
        for (int i = 0; i < 2000 && outcome == DeliveryOutcome.Delivered; i++)
            outcome = unpacker.Take([0x06]);
        Assert.Equal(DeliveryOutcome.WrongSize, outcome);
    }

    [Fact]
    public void A_recording_with_one_other_byte_has_the_wrong_hash()
    {
        byte[] other = [.. Recording];
        other[1000] ^= 1;
        RecordingDigest expected = RecordingDigest.Of(Recording);
        Assert.Equal(DeliveryOutcome.WrongHash, Deliver(Pack(other, true), expected, true, new MemoryStream()));
    }

    [Fact]
    public void Invalid_brotli_data_or_trailing_bytes_are_a_protocol_error()
    {
        RecordingDigest expected = RecordingDigest.Of(Recording);
        byte[] garbage = [.. Enumerable.Repeat((byte)0xff, 100)];
        Assert.Equal(DeliveryOutcome.BrokenProtocol, Deliver([garbage], expected, true, new MemoryStream()));
        List<byte[]> chunks = [.. Pack(Recording, true), [1, 2, 3]];
        Assert.Equal(DeliveryOutcome.BrokenProtocol, Deliver(chunks, expected, true, new MemoryStream()));
    }

    private static List<byte[]> Pack(byte[] content, bool isBrotli, int chunkSize = ClockLimits.ChunkBytes)
    {
        using var packer = new RecordingPacker(new MemoryStream(content), isBrotli);
        var payload = new byte[chunkSize];
        var chunks = new List<byte[]>();
        for (int length; (length = packer.Pack(payload)) > 0;)
            chunks.Add(payload[..length]);
        return chunks;
    }

    private static DeliveryOutcome Deliver(
        List<byte[]> chunks, RecordingDigest expected, bool isBrotli, MemoryStream stored)
    {
        using var unpacker = new RecordingUnpacker(stored, expected, isBrotli);
        foreach (byte[] chunk in chunks)
        {
            DeliveryOutcome outcome = unpacker.Take(chunk);
            if (outcome != DeliveryOutcome.Delivered)
                return outcome;
        }

        return unpacker.Finish();
    }
}
