// Records how the Functions host's own timer extension reads schedules. Input: lines of `<instant>\t<expression as JSON>`.
// Output: for each line `invalid`; `span <milliseconds>`; or `cron` with the next five times, each in seconds after the one
// before, `never` if there is none. A schedule that makes the extension throw is invalid too: both put a timer in error.
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.Azure.WebJobs.Extensions.Timers;
using Microsoft.Extensions.Logging.Abstractions;

var create = typeof(CronSchedule).GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
    .First(method => method.Name == "TryCreate" && method.GetParameters().Length == 3);

while (Console.In.ReadLine() is { } line)
{
    var tab = line.IndexOf('\t');
    var at = DateTime.Parse(line[..tab], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind).ToLocalTime();
    Console.WriteLine(Answer(JsonSerializer.Deserialize<string>(line[(tab + 1)..])!, at));
}

string Answer(string expression, DateTime at)
{
    object?[] arguments = [expression, NullLogger.Instance, null];
    try
    {
        if (!(bool)create.Invoke(null, arguments)!)
            return TimeSpan.TryParse(expression, out var span) ? $"span {(long)span.TotalMilliseconds}" : "invalid";
    }
    catch (TargetInvocationException)
    {
        return "invalid";
    }
    var schedule = (CronSchedule)arguments[2]!;
    var steps = new List<string>();
    for (var count = 0; count < 5; count++)
    {
        var next = schedule.GetNextOccurrence(at);
        if (next.Year > 9000) { steps.Add("never"); break; }
        steps.Add(((long)(next - at).TotalSeconds).ToString(CultureInfo.InvariantCulture));
        at = next;
    }
    return "cron " + string.Join(',', steps);
}
