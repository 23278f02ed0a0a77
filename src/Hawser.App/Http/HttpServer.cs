namespace Hawser.App.Http;

/// <summary>A server of HTTP beside the services.</summary>
internal static class HttpServer
{
    /// <summary>Starts it, with the limits of <see cref="HttpResponder"/>.</summary>
    /// <param name="option">The option that asks for it.</param>
    /// <param name="responder">Answers the requests.</param>
    /// <param name="options">Everything else.</param>
    /// <exception cref="IOException">An address is not available; the message begins with the option.</exception>
    public static Server Start(string option, HttpResponder responder, ServerOptions options)
    {
        try
        {
            return Server.Start(responder, options with { Limits = HttpResponder.Limits });
        }
        catch (ListenException e)
        {
            throw new IOException($"{option}: {e.Message}", e);
        }
    }
}
