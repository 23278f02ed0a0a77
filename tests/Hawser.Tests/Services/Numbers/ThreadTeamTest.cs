using Hawser.Services.Numbers;
using Xunit;

namespace Hawser.Tests.Services.Numbers;

public sealed class ThreadTeamTest
{
    private static readonly int[] Lists = [.. Enumerable.Range(0, 20)];

    [Fact]
    public void After_five_failures_in_a_row_the_rest_is_not_tried()
    {
        int tried = 0;

        IReadOnlyList<ListFailure> failures = ThreadTeam.Run(1, Lists, _ =>
        {
            tried++;
            throw new IOException("gone");
        });

        Assert.Equal(5, tried);
        Assert.Equal(
            ["lists 0 to 4: gone", "lists 5 to 19: not tried: 5 lists in a row failed"],
            ListFailure.Describe(failures));
    }

    [Fact]
    public void A_success_ends_a_row_of_failures() => Assert.All(
        ThreadTeam.Run(1, Lists, list =>
        {
            if (list % 5 != 4)
                throw new IOException("gone");
        }),
        failure => Assert.Equal("gone", failure.Message));

    [Fact]
    public void A_fault_of_a_list_itself_says_nothing_about_the_next() => Assert.All(
        ThreadTeam.Run(1, Lists, _ => throw new FormatException("malformed")),
        failure => Assert.Equal("malformed", failure.Message));
}
