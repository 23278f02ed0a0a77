namespace Hawser.App.Http;

/// <summary>A request that is answered with an error; the connection then ends.</summary>
internal sealed class HttpException(HttpStatus status, string message) : Exception(message)
{
    public HttpStatus Status => status;

    public HttpResponse ToResponse() => HttpResponse.Line(Status, Message);
}
