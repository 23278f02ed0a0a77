namespace Hawser.App.Http;

/// <summary>A status of a response.</summary>
/// <param name="Code">As sent.</param>
/// <param name="Phrase">Its words.</param>
internal sealed record HttpStatus(int Code, string Phrase)
{
    public static readonly HttpStatus Done = new(200, "OK");
    public static readonly HttpStatus BadRequest = new(400, "Bad Request");
    public static readonly HttpStatus Unauthorized = new(401, "Unauthorized");
    public static readonly HttpStatus Forbidden = new(403, "Forbidden");
    public static readonly HttpStatus NotFound = new(404, "Not Found");
    public static readonly HttpStatus MethodNotAllowed = new(405, "Method Not Allowed");
    public static readonly HttpStatus Conflict = new(409, "Conflict");
    public static readonly HttpStatus ContentTooLarge = new(413, "Content Too Large");
    public static readonly HttpStatus UriTooLong = new(414, "URI Too Long");
    public static readonly HttpStatus Misdirected = new(421, "Misdirected Request");
    public static readonly HttpStatus HeadTooLarge = new(431, "Request Header Fields Too Large");
    public static readonly HttpStatus Unavailable = new(503, "Service Unavailable");
    public static readonly HttpStatus VersionNotSupported = new(505, "HTTP Version Not Supported");
}
