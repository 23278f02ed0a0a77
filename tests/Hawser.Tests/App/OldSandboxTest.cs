using System.Net;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>A seccomp filter that is older than epoll_pwait2(2) answers it with EPERM.</summary>
public sealed class OldSandboxTest
{
    // Ends with 3 if the filter does not work.
    private const string Sandbox =
        """
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>

        int main(int count, char **arguments)
        {
            struct sock_filter steps[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog filter = { sizeof steps / sizeof *steps, steps };
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
            if (syscall(SYS_epoll_pwait2, -1, 0, 0, 0, 0, 0) != -1 || errno != EPERM)
                return 3;
            execvp(arguments[1], arguments + 1);
            return 4;
        }
        """;

    [Fact]
    public async Task An_event_loop_waits_with_deadlines_without_epoll_pwait2()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "gcc is not installed");
        using var folder = new TemporaryFolder();
        string source = folder.Write("sandbox.c", Encoding.ASCII.GetBytes(Sandbox));
        await using (ProgramProcess compiler = ProgramProcess.StartForeign("gcc", "-o", folder["sandbox"], source))
            Assert.Equal(0, (await compiler.EndAsync()).ExitCode);
        await using ProgramProcess serve = ProgramProcess.StartInShell(
            "exec \"$FILE\" \"$@\"", folder["sandbox"],
            "serve", "ping", "--model", "epoll", "--loops", "1", "--port", "0");
        IPEndPoint where = await serve.ListeningAsync();

        // The server closes, and waits with a deadline for the client to close too.
        using RawClient stranger = await RawClient.ConnectAsync(where);
        await stranger.SendAsync("nonsense\n");
        Assert.StartsWith(
            "ERROR: ", Encoding.ASCII.GetString(await stranger.ReceiveToEndAsync()), StringComparison.Ordinal);
        using RawClient client = await RawClient.ConnectAsync(where);
        await client.SendAsync("ping 1 1\n");
        Assert.Equal("pong 1 1", await client.ReceiveLineAsync());
    }
}
