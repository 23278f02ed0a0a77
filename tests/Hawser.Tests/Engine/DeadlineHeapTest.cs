using FsCheck;
using FsCheck.Fluent;
using Hawser.EventLoops;
using Hawser.Timing;
using Xunit;

namespace Hawser.Tests.Engine;

public sealed class DeadlineHeapTest
{
    /// <summary>Against the obvious way to do it: a list that is searched for its least.</summary>
    [Fact]
    public void The_heap_agrees_with_a_sorted_list_for_any_adds_and_removes() =>
        Prop.ForAll<(int Due, bool Remove)[]>(steps =>
        {
            var heap = new DeadlineHeap<ParkedOperation>();
            var expected = new List<ParkedOperation>();
            foreach ((int due, bool remove) in steps)
            {
                if (remove && expected.Count > 0)
                {
                    ParkedOperation leaving = expected[Math.Abs(due % expected.Count)];
                    heap.Remove(leaving);
                    expected.Remove(leaving);
                }
                else
                {
                    ParkedOperation coming = Parked(1 + Math.Abs((long)due));
                    heap.Add(coming);
                    expected.Add(coming);
                }
                Assert.Equal(expected.Count == 0 ? null : expected.Min(o => o.Due), heap.First?.Due);
            }

            var taken = new List<long>();
            while (heap.TakeDue(long.MaxValue) is { } first)
                taken.Add(first.Due);
            Assert.Equal(expected.Select(o => o.Due).Order(), taken);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(200));

    [Fact]
    public void Removing_random_entries_preserves_the_order_of_the_rest()
    {
        var random = new Random(1);
        for (int leaving = 0; leaving < 2_000; leaving++)
        {
            long[] dues = [.. Enumerable.Range(1, 20).Select(_ => (long)random.Next(1_000))];
            var heap = new DeadlineHeap<ParkedOperation>();
            List<ParkedOperation> entries = [.. dues.Select(due => Parked(1 + due))];
            entries.ForEach(heap.Add);
            for (int n = 0; n < 4; n++)
            {
                ParkedOperation next = entries[random.Next(entries.Count)];
                entries.Remove(next);
                heap.Remove(next);
                Assert.Equal(-1, next.HeapIndex);
            }

            foreach (long due in entries.Select(entry => entry.Due).Order())
                Assert.Equal(due, heap.TakeDue(due)?.Due);
            Assert.Equal(0, heap.Count);
        }
    }

    [Fact]
    public void An_entry_is_not_taken_before_it_is_due()
    {
        var heap = new DeadlineHeap<ParkedOperation>();
        ParkedOperation later = Parked(1_000);
        heap.Add(later);

        Assert.Null(heap.TakeDue(999));
        heap.Remove(later);
        heap.Remove(later);
        Assert.Null(heap.First);
    }

    private static ParkedOperation Parked(long timestamp)
    {
        var operation = new ParkedOperation();
        _ = operation.Park(Deadline.At(timestamp));
        return operation;
    }
}
